using System.Runtime.InteropServices;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Ports;

namespace Hypernode.Bench.Settlement;

/// <summary>
/// Settlements through the product's own settler on a network that drops, loses and repeats; what the saga does with each
/// answer is done here: an unknown one is asked for again with what is known of it, a refusal that may pass is tried again.
/// Some commands are handled twice at once, as a broker that delivers twice would have it.
/// </summary>
/// <param name="twicePerMille">so many commands are delivered twice</param>
internal sealed class FaultySettlements(IHandle<SettlePayment> settler, int outstanding, int twicePerMille)
{
    private const int MostAsks = 50;

    private int _asks;
    private int _unknown;
    private int _again;
    private int _twice;

    /// <exception cref="InvalidOperationException">a payment did not end, or two answers about one differ</exception>
    public async Task<FaultyRun> RunAsync(IReadOnlyList<SettlePayment> commands, CancellationToken cancellation)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = outstanding, CancellationToken = cancellation };
        await Parallel.ForAsync(0, commands.Count, options, async (i, c) =>
        {
            var twice = commands[i].IntentId.Value.ToByteArray() is [.., var low, var high] && (low | high << 8) % 1000 < twicePerMille;
            var first = AskAsync(commands[i], c);
            if (twice)
            {
                Interlocked.Increment(ref _twice);
                var second = await AskAsync(commands[i], c);
                if (second.Charge != (await first).Charge || second.Refund != (await first).Refund)
                {
                    throw new InvalidOperationException($"{commands[i].JobId}: two answers differ");
                }
            }

            await first;
        });
        return new FaultyRun(commands.Count, _asks, _unknown, _again, _twice);
    }

    private async Task<PaymentSettled> AskAsync(SettlePayment command, CancellationToken cancellation)
    {
        object answer = "never asked";
        for (var i = 0; i < MostAsks; i++)
        {
            Interlocked.Increment(ref _asks);
            answer = await settler.HandleAsync(command, cancellation);
            switch (answer)
            {
                case PaymentSettled settled when settled.Charge == command.Charge:
                    return settled;
                case PaymentSettlementUnknown unknown:
                    Interlocked.Increment(ref _unknown);
                    command = command with { Pending = unknown.Pending ?? command.Pending };
                    break;
                case PaymentSettlementFailed { CanRetry: true }:
                    Interlocked.Increment(ref _again);
                    command = command with { Pending = null };
                    break;
                default:
                    throw new InvalidOperationException($"{command.JobId}: {answer}");
            }
        }

        throw new InvalidOperationException($"{command.JobId}: asked {MostAsks} times, last {answer}");
    }
}

/// <param name="Asks">of the settler</param>
/// <param name="Unknown">answers that said so</param>
/// <param name="Again">refusals that could pass</param>
/// <param name="Twice">commands that were delivered twice</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FaultyRun(int Settled, int Asks, int Unknown, int Again, int Twice);
