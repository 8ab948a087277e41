using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Tests.Fakes;
using Hypernode.Solana;
using Hypernode.Workers.Nodes;
using Hypernode.Workers.Verification;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>
/// What the real oracle makes of an attempt: the evidence is what the agent really sent, at the times when it really came, with a
/// payment on chain that is in order.
/// </summary>
internal static class ControlPlane
{
    public static readonly HyperAmount Rate = new(1_000_000);

    public static readonly HyperAmount Amount = new(1_000_000_000);

    private static readonly Deployment Deployment = new("localnet", Hash256.Of([1]), Address(2), Address(3));

    public static (Judgement Judgement, HyperAmount Charge) Judge(TestKit kit, ExecuteJob command, AttemptReported reported)
    {
        var arrivals = kit.Link.Arrivals;
        foreach (var (message, _) in arrivals)
        {
            MessageShape.CheckOne(message).ShouldBeNull();
        }

        var evidence = EvidenceOf(kit, command, reported, arrivals);
        var judgement = Oracle.Judge(evidence);
        var charge = judgement.Verdict == Verdict.NodeFault
            ? HyperAmount.Zero
            : Metering.Charge(Amount, Rate, OracleChecks.Billable(evidence), TimeSpan.FromMilliseconds(command.RunLimitMs));
        return (judgement, charge);
    }

    private static Evidence EvidenceOf(
        TestKit kit, ExecuteJob command, AttemptReported reported, IReadOnlyList<(NodeMessage Message, DateTimeOffset At)> arrivals)
    {
        var beats = arrivals.Where(a => a.Message is Beat beat && beat.Leases.Any(l => l.JobId == command.JobId)).Select(a => a.At).ToList();
        var payer = Address(4);
        var authority = Address(5);
        var salt = Hash256.Of([6]);
        var takenAt = arrivals[0].At;
        var settleBy = takenAt.AddHours(2).ToUnixTimeSeconds();
        var intent = new PaymentIntent(
            command.IntentId, payer, Amount, command.JobId, takenAt.ToUnixTimeMilliseconds(), takenAt.AddHours(1).ToUnixTimeMilliseconds(),
            IntentNonce.Compute(Deployment, payer, command.SpecHash, settleBy, salt));
        var job = new JobView(
            command.JobId, payer, JobStateNames.Executed, command.Attempt, kit.Node, null, intent, new PayerSignature("unused"), command.Spec,
            command.SpecHash, settleBy, salt, null, null, null, null, null, [], takenAt, null);
        var lease = new LeaseView(
            command.JobId, command.Attempt, kit.Node, 0, command.Challenge, Rate, takenAt, beats.Count > 0 ? beats[0] : null,
            beats.Count > 0 ? beats[^1] : null, Live: true);
        var node = new NodeView(
            kit.Node, kit.Signer.Key, authority, "host", NodeStatus.Active, new NodeOffer(1, 1_000, 1_024, Rate, [], []), 1, 0, HyperAmount.Zero,
            takenAt, takenAt);
        var payment = new EscrowView(
            command.IntentId, command.JobId, payer, Address(7), Amount, EscrowStatus.Pending, command.Attempt, authority, settleBy,
            HyperAmount.Zero, Hash256.Zero, Hash256.Zero, null);
        var arrivedAt = arrivals.Last(a => a.Message == reported).At;
        return new Evidence(
            job, lease, node, new StoredReceipt(reported.Receipt, reported.Signature, arrivedAt), kit.IsSigned(reported), LogOf(arrivals, command.JobId), payment,
            Deployment, command.GpuUuids);
    }

    private static LogTrail LogOf(IReadOnlyList<(NodeMessage Message, DateTimeOffset At)> arrivals, JobId job)
    {
        var stored = new SortedDictionary<long, StoredChunk>();
        foreach (var (message, at) in arrivals)
        {
            foreach (var chunk in (message as LogChunks)?.Chunks.Where(c => c.JobId == job) ?? [])
            {
                stored.TryAdd(chunk.Seq, new StoredChunk(chunk, at));
            }
        }

        return LogTrail.Of(stored.Values);
    }

    private static WalletAddress Address(byte seed) => WalletAddress.FromBytes(Ed25519.PublicKeyFromSeed([.. Enumerable.Repeat(seed, 32)]));
}
