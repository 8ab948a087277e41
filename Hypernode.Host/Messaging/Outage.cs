using System.Data.Common;
using System.Net.Sockets;
using Hypernode.Sagas.Engine;
using Hypernode.Workers;
using MassTransit;

namespace Hypernode.Host.Messaging;

/// <summary>
/// Tells what mends itself (the database restarts, the chain does not answer) from what never will (poison). The first is
/// waited out in place: parking a thousand good messages because a database restarts would help nobody. The second is tried
/// a few times and parked.
/// </summary>
internal static class Outage
{
    /// <summary>Ten minutes in all: well below the half hour after which the broker takes a message back.</summary>
    private static readonly TimeSpan[] Patience =
        [.. new[] { 0.25, 0.5, 1, 2, 4 }.Concat(Enumerable.Repeat(5.0, 118)).Select(TimeSpan.FromSeconds)];

    private static readonly TimeSpan[] Doubt = [.. new[] { 0.1, 0.25, 0.5, 1 }.Select(TimeSpan.FromSeconds)];

    public static bool Is(Exception exception) => exception switch
    {
        AnswerUnknownException or IOException or SocketException or HttpRequestException or TimeoutException => true,
        DbException { IsTransient: true } => true,
        AggregateException all => all.InnerExceptions.Any(Is),
        { InnerException: { } inner } => Is(inner),
        _ => false,
    };

    /// <summary>Ten minutes for an outage, four more tries for what might be one, none for what can't be.</summary>
    public static void Retry(IReceiveEndpointConfigurator endpoint)
    {
        endpoint.UseMessageRetry(r =>
        {
            r.Intervals(Patience);
            r.Handle<Exception>(Is);
        });
        endpoint.UseMessageRetry(r =>
        {
            r.Intervals(Doubt);
            r.Handle<Exception>(e => !Is(e) && e.GetBaseException() is not (UnknownJobException or OperationCanceledException));
        });
    }
}
