using System.Security.Cryptography;
using System.Text;
using Hypernode.Api.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Hypernode.Api.Broker;

/// <summary>
/// What RabbitMQ's HTTP auth backend asks, answered with a bare <c>allow</c> or <c>deny</c>. Whatever goes wrong is a denial, and
/// is settled here: an error's path would hold the key. Who does not know the key finds no such route.
/// </summary>
internal static partial class BrokerAuthEndpoints
{
    private const int MaxBytes = 16 * 1024;

    /// <summary>Below RabbitMQ's own patience: it takes our denial for an answer, and silence for an error.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <param name="options">Without a key there are no such routes.</param>
    public static void MapBrokerAuth(this IEndpointRouteBuilder app, ApiOptions options)
    {
        if (options.BrokerAuthKey.Length == 0)
        {
            return;
        }

        var expected = Encoding.UTF8.GetBytes(options.BrokerAuthKey);

        // Every method, so that no 405 tells that something is here.
        app.Map("/broker-auth/{key}/{question}", async (HttpContext context, string key, string question, BrokerGate gate, TimeProvider time, ILogger<BrokerGate> logger) =>
                CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), expected)
                    ? Results.Text(await AllowsAsync(context.Request, question, gate, time, logger) ? "allow" : "deny")
                    : Results.NotFound())
            .WithMetadata(new BodyLimit(MaxBytes))
            .ExcludeFromDescription();
    }

    private static async Task<bool> AllowsAsync(HttpRequest request, string question, BrokerGate gate, TimeProvider time, ILogger logger)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, request.HttpContext.RequestAborted);
        try
        {
            if (!HttpMethods.IsPost(request.Method) || !request.HasFormContentType)
            {
                return false;
            }

            var asked = await request.ReadFormAsync(both.Token);
            if (await gate.WhyNotAsync(question, asked, both.Token) is not { } reason)
            {
                return true;
            }

            if (BrokerRules.TryRead(asked["username"], out var node))
            {
                Refused(logger, question, node.ToString(), reason);
            }

            return false;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Unanswerable(logger, question, e);
            return false;
        }
    }

    [LoggerMessage(5003, LogLevel.Information, "The broker asked about {Question} of node {NodeId}: refused, {Reason}")]
    private static partial void Refused(ILogger logger, string question, string nodeId, string reason);

    [LoggerMessage(5004, LogLevel.Warning, "The broker asked about {Question} and was refused, since it can't be known now")]
    private static partial void Unanswerable(ILogger logger, string question, Exception e);
}
