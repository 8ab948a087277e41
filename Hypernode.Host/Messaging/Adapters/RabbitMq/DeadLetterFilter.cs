using MassTransit;
using RabbitMQ.Client;

namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>
/// The end of an endpoint's receive pipe, in the place of MassTransit's <c>_error</c> and <c>_skipped</c> queues, which nobody
/// declares: what failed for good, and what nobody takes, is parked with its cause and then acknowledged. When it can't be
/// parked, the broker keeps it and counts.
/// </summary>
internal sealed partial class DeadLetterFilter(string queue, DeadLetters dead, TimeProvider time, ILogger<DeadLetterFilter> logger)
    : IFilter<ExceptionReceiveContext>, IFilter<ReceiveContext>
{
    public static void Use(IReceiveEndpointConfigurator endpoint, string queue, IServiceProvider services)
    {
        var filter = ActivatorUtilities.CreateInstance<DeadLetterFilter>(services, queue);
        endpoint.ConfigureError(pipe => pipe.UseFilter<ExceptionReceiveContext>(filter));
        endpoint.ConfigureDeadLetter(pipe => pipe.UseFilter<ReceiveContext>(filter));
    }

    public async Task Send(ExceptionReceiveContext context, IPipe<ExceptionReceiveContext> next)
    {
        await ParkAsync(context, context.Exception);
        if (!context.IsFaulted)
        {
            // Else what could not be read would count as unconsumed too, and be parked a second time.
            await context.NotifyFaulted(context.Exception);
        }
    }

    public Task Send(ReceiveContext context, IPipe<ReceiveContext> next) => ParkAsync(context, null);

    public void Probe(ProbeContext context) => context.CreateFilterScope("deadLetters");

    private async Task ParkAsync(ReceiveContext context, Exception? exception)
    {
        if (exception?.GetBaseException() is OperationCanceledException && context.CancellationToken.IsCancellationRequested)
        {
            throw exception; // the host stops: the message stays in its queue for the next
        }

        var body = context.Body.GetBytes();
        var properties = context.TryGetPayload<RabbitMqBasicConsumeContext>(out var consumed) ? consumed.Properties : new BasicProperties();
        var letter = DeadLetter.Of(queue, properties.MessageId, exception, body, DeadLetter.CountOf(properties), time.GetUtcNow());
        await dead.ParkAsync(letter, properties.ContentType, body, CancellationToken.None);
        Parked(logger, exception, letter.Type, letter.Job?.ToString(), letter.MessageId, queue, letter.Cause);
    }

    [LoggerMessage(2203, LogLevel.Error, "{Type} of {JobId} ({MessageId}) at {Queue} is among the dead letters: {Cause}")]
    private static partial void Parked(ILogger logger, Exception? exception, string? type, string? jobId, string? messageId, string queue, string cause);
}
