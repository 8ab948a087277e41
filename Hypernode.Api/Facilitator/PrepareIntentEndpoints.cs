using System.Text;
using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Facilitator;

/// <summary>
/// Makes an intent to sign, so that a client needs no more than a wallet. It stores nothing. A careful client recomputes
/// spec hash and nonce from the answer and its own job before it signs.
/// </summary>
internal static class PrepareIntentEndpoints
{
    private const int OverText = 0;
    private const int RetrySeconds = 5;

    private static readonly string[] Fundings = ["intent", "transaction"];

    public static void MapPrepareIntent(this IEndpointRouteBuilder app) =>
        app.MapPost("/prepare-intent", HandleAsync)
            .TakesJson<PrepareIntentRequest>()
            .Answers<PreparedIntent>(200)
            .Refuses(503)
            .WithSummary("An intent for a job: the text to sign and what its nonce commits to.");

    private static async Task<IResult> HandleAsync(
        HttpRequest request,
        BodyReader reader,
        IEscrow escrow,
        IIdSource ids,
        TimeProvider time,
        IOptions<ApiOptions> options,
        IOptions<WorkflowWindows> windows,
        CancellationToken cancellationToken)
    {
        var (body, errors) = await reader.ReadObjectAsync(request, cancellationToken);
        var client = body.Parsed<WalletAddress>("client", IntentFields.AddressForm);
        var amount = body.Amount("amount");
        var spec = JobFields.Read(body.Object("job"), options.Value.AllowedImages);
        var lifetime = body.Integer("lifetimeSeconds", 10, 86_400, required: false) ?? options.Value.IntentLifetimeSeconds;
        var funding = body.OneOf("funding", Fundings, required: false) ?? OverText;
        body.Close();
        errors.ThrowIfAny();

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var expires = now + (lifetime * 1000);
        var settleBy = windows.Value.SettleBy(expires, spec!.RunLimit());
        var salt = ids.NewSecret();
        var deployment = escrow.Deployment;
        var nonce = IntentNonce.Compute(deployment, client!.Value, spec.Hash(), settleBy, salt);
        var intent = new PaymentIntent(
            IntentId.Of(nonce), // as hard to foretell as the salt
            client.Value,
            amount!.Value,
            new JobId(Version4(ids)),
            now,
            expires,
            nonce);
        var transaction = funding == OverText ? null : await TransactionAsync(escrow, intent, settleBy, cancellationToken);
        return ApiJson.Answer(new PreparedIntent(
            BodyOf(intent),
            intent.ToSigningText(),
            new RevealBody(salt.ToString(), settleBy),
            spec.Hash().ToString(),
            Encoding.UTF8.GetString(CanonicalJson.Serialize(spec)),
            (long)spec.RunLimit().TotalSeconds,
            DeploymentAnswer.Of(deployment),
            transaction));
    }

    private static async Task<TransactionToSign> TransactionAsync(IEscrow escrow, PaymentIntent intent, long settleBy, CancellationToken cancellationToken)
    {
        try
        {
            var made = await escrow.PrepareTransactionAsync(intent, settleBy, cancellationToken);
            return new TransactionToSign(Convert.ToBase64String(made.Bytes), made.LastValidBlockHeight);
        }
        catch (IOException)
        {
            throw new RefusedException(new Problem(
                "chain-unavailable",
                StatusCodes.Status503ServiceUnavailable,
                "a transaction needs a recent block, and the chain can't be asked now; an intent to sign as a text can still be made",
                RetryAfterSeconds: RetrySeconds));
        }
    }

    /// <summary>White paper §3.2: ids are random, so nobody can foretell and squat them.</summary>
    private static Guid Version4(IIdSource ids)
    {
        var bytes = ids.NewSecret().ToBytes()[..16];
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private static PaymentIntentBody BodyOf(PaymentIntent intent) => new(
        intent.IntentId.ToString(),
        intent.Client.ToString(),
        intent.Amount.ToString(),
        intent.JobId.ToString(),
        intent.Timestamp,
        intent.ExpiresAt,
        intent.Nonce.ToString());
}

/// <param name="PaymentIntent">Goes back as it is in submit-job.</param>
/// <param name="Text">What the wallet signs, as UTF-8.</param>
/// <param name="SpecHash">SHA-256 of <paramref name="CanonicalSpec"/>.</param>
/// <param name="CanonicalSpec">The job as it is hashed (RFC 8785).</param>
/// <param name="RunLimitSeconds">The container is stopped after this.</param>
public sealed record PreparedIntent(
    PaymentIntentBody PaymentIntent,
    string Text,
    RevealBody Reveal,
    string SpecHash,
    string CanonicalSpec,
    long RunLimitSeconds,
    DeploymentAnswer Deployment,
    TransactionToSign? Transaction = null);

/// <param name="Base64">To be signed by the client's wallet without any change, and sent back in submit-job.</param>
/// <param name="LastValidBlockHeight">The chain takes it until this block: about a minute.</param>
public sealed record TransactionToSign(string Base64, ulong LastValidBlockHeight);

/// <summary>Where the money goes: what the nonce commits to beside the job.</summary>
public sealed record DeploymentAnswer(string Network, string Cluster, string Program, string Mint)
{
    public static DeploymentAnswer Of(Deployment deployment) =>
        new(deployment.Network, deployment.Cluster.ToString(), deployment.Program.ToString(), deployment.Mint.ToString());
}
