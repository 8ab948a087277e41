using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Workers.Verification;

namespace Hypernode.Workers.Tests.Fakes;

/// <summary>One job that one honest node ran for ten seconds, as all stores hold it. A test spoils what it is about.</summary>
public sealed class HonestRun
{
    public static readonly DateTimeOffset TakenAt = FakeTime.Noon;
    public static readonly DateTimeOffset ReportedAt = FakeTime.Noon.AddSeconds(13);

    public HonestRun()
    {
        Spec = new JobSpec(JobType.Inference, "python@sha256:" + Key.Hash(7), new JobLimits(1_000, 512), EstimatedTime: 20, Script: "echo hi");
        JobId = JobId.Parse("job-11111111-1111-4111-8111-111111111111");
        IntentId = IntentId.Parse("22222222-2222-4222-8222-222222222222");
        NodeId = NodeId.Parse("33333333-3333-4333-8333-333333333333");
        Salt = Key.Hash(9);
        SettleBy = FakeTime.Noon.AddHours(2).ToUnixTimeSeconds();
        var made = FakeTime.Noon.AddMinutes(-1).ToUnixTimeMilliseconds();
        Intent = new PaymentIntent(
            IntentId, Payer.Address, new HyperAmount(100_000), JobId, made, made + 3_600_000,
            IntentNonce.Compute(Escrow.Deployment, Payer.Address, Spec.Hash(), SettleBy, Salt));

        Lease = new LeaseView(
            JobId, 1, NodeId, 0, Key.Hash(5), new HyperAmount(1_000), TakenAt, TakenAt.AddSeconds(2), TakenAt.AddSeconds(12), Live: true);
        Node = new NodeView(
            NodeId, NodeKey.Address, Authority.Address, "host", NodeStatus.Active,
            new NodeOffer(1, 2_000, 1_024, Lease.RatePerSecond, [], []), 1, 0, HyperAmount.Zero, TakenAt.AddDays(-1), TakenAt.AddSeconds(12));
        Payment = new EscrowView(
            IntentId, JobId, Payer.Address, new Key(44).Address, Intent.Amount, EscrowStatus.Pending, 1, Authority.Address, SettleBy,
            HyperAmount.Zero, Hash256.Zero, Hash256.Zero, "lock-signature");
        Job = new JobView(
            JobId, Payer.Address, JobStateNames.Executed, 1, NodeId, null, Intent, Agreement(), Spec, Spec.Hash(), SettleBy,
            Salt, null, null, null, null, null, [], TakenAt, null);

        Chunks = [.. Chain(("agent", "started"), ("stdout", "hello\n"), ("agent", "ended"))];
        Receipt = new Receipt(
            JobId, IntentId, NodeId, 1, 1, Spec.Hash(), Spec.Image, Receipt.RootOf(Array.Empty<JobInput>()), Lease.Challenge,
            TakenAt.AddSeconds(2).ToUnixTimeMilliseconds(), TakenAt.AddSeconds(12).ToUnixTimeMilliseconds(), 0, false, false,
            Chunks[^1].Chunk.Hash, Chunks.Count, Receipt.RootOf([new Artifact("out.txt", Key.Hash(8), 3)]),
            [new Artifact("out.txt", Key.Hash(8), 3)], [], 0, 0, Receipt.MarkerOf(Lease.Challenge, JobId, 1, 0), Hash256.Zero);
    }

    public Key Payer { get; } = new(10);

    public Key NodeKey { get; } = new(11);

    public Key Authority { get; } = new(12);

    public FakeEscrow Escrow { get; } = new();

    public JobId JobId { get; }

    public IntentId IntentId { get; }

    public NodeId NodeId { get; }

    public Hash256 Salt { get; }

    public long SettleBy { get; }

    public JobSpec Spec { get; private set; }

    public PaymentIntent Intent { get; set; }

    public JobView Job { get; set; }

    public LeaseView Lease { get; set; }

    public NodeView Node { get; set; }

    public EscrowView? Payment { get; set; }

    public List<StoredChunk> Chunks { get; set; }

    public Receipt Receipt { get; set; }

    /// <summary>What the saga says that the lease gave; null: none.</summary>
    public IReadOnlyList<string>? LeasedGpus { get; set; }

    /// <summary>Null: the node's own.</summary>
    public Key? SignedBy { get; set; }

    public Evidence Evidence() => new(
        Job, Lease, Node, Stored(), Escrow.Verify(Node.NodeKey, Receipt.SigningBytes(), Stored().Signature), LogTrail.Of(Chunks), Payment,
        Escrow.Deployment, LeasedGpus);

    public StoredReceipt Stored() => new(Receipt, (SignedBy ?? NodeKey).Sign(Receipt), ReportedAt);

    /// <summary>The run failed by the job's own fault; the agent's sentinel says so too.</summary>
    public HonestRun Exited(int code, bool timedOut = false, bool outOfMemory = false)
    {
        Receipt = Receipt with
        {
            ExitCode = code,
            TimedOut = timedOut,
            OutOfMemory = outOfMemory,
            CompletionMarker = Receipt.MarkerOf(Lease.Challenge, JobId, 1, code),
        };
        return this;
    }

    /// <summary>The same run on these GPUs, agreed to, leased and receipted.</summary>
    public HonestRun On(params string[] gpus)
    {
        Spec = Spec with { Limits = Spec.Limits with { Gpus = gpus.Length } };
        Intent = Intent with { Nonce = IntentNonce.Compute(Escrow.Deployment, Payer.Address, Spec.Hash(), SettleBy, Salt) };
        Job = Job with { Spec = Spec, SpecHash = Spec.Hash(), Intent = Intent };
        LeasedGpus = gpus;
        Receipt = Receipt with { SpecHash = Spec.Hash(), GpuUuids = gpus, GpuMilliseconds = gpus.Length * 10_000, PeakVramMb = 700 };
        return this;
    }

    /// <summary>Honest chunks of attempt 1, a second apart.</summary>
    public IEnumerable<StoredChunk> Chain(params (string Stream, string Text)[] lines)
    {
        var hash = Hash256.Zero;
        foreach (var (line, i) in lines.Select((l, i) => (l, i)))
        {
            var at = TakenAt.AddSeconds(2 + i);
            var data = Encoding.UTF8.GetBytes(line.Text);
            hash = LogChunk.ChainHash(hash, i, line.Stream, at.ToUnixTimeMilliseconds(), data);
            yield return new StoredChunk(new LogChunk(JobId, 1, i, line.Stream, at.ToUnixTimeMilliseconds(), data, hash), at);
        }
    }

    /// <summary>A log of these lines, and a receipt that names its root.</summary>
    public HonestRun Logged(params (string Stream, string Text)[] lines)
    {
        Chunks = [.. Chain(lines)];
        Receipt = Receipt with { LogRoot = Chunks.Count == 0 ? Hash256.Zero : Chunks[^1].Chunk.Hash, LogCount = Chunks.Count };
        return this;
    }

    public PayerSignature Agreement() => new(Payer.Sign(Intent.ToSigningText()));

    public VerifyIntent VerifyIntent() => new(JobId, Intent, Agreement(), Spec.Hash(), SettleBy, Salt);

    public LockEscrow LockEscrow(PendingTransaction? pending = null) =>
        new(JobId, Intent, Agreement(), Spec.Hash(), SettleBy, Salt, pending);
}
