using System.Security.Cryptography;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;

namespace Hypernode.Storage.Tests;

/// <summary>Valid values to start from; each test changes what it is about.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, 123, TimeSpan.Zero);

    public static CancellationToken None => CancellationToken.None;

    public static Guid NewId() => new(RandomNumberGenerator.GetBytes(16));

    public static JobId NewJobId() => new(NewId());

    public static NodeId NewNodeId() => new(NewId());

    public static Hash256 NewHash() => Hash256.FromBytes(RandomNumberGenerator.GetBytes(32));

    public static WalletAddress NewWallet() => WalletAddress.FromBytes(RandomNumberGenerator.GetBytes(32));

    public static JobSubmission Submission(WalletAddress? client = null, DateTimeOffset? at = null)
    {
        var spec = new JobSpec(JobType.Custom, "sha256:" + NewHash(), new JobLimits(500, 256), 5, Script: "echo hi > /out/x", Description: "a test");
        var now = at ?? Now;
        var intent = new PaymentIntent(
            new IntentId(NewId()),
            client ?? NewWallet(),
            new HyperAmount(1_000_000),
            NewJobId(),
            now.ToUnixTimeMilliseconds() - 1,
            now.ToUnixTimeMilliseconds() + 300_001,
            NewHash());
        return new JobSubmission(intent, new PayerSignature(Base58.Encode(RandomNumberGenerator.GetBytes(64))), spec, spec.Hash(), now.ToUnixTimeSeconds() + 2_000, NewHash(), now);
    }

    public static async Task<JobId> AJobAsync(StorageFixture storage, WalletAddress? client = null, DateTimeOffset? at = null)
    {
        var submission = Submission(client, at);
        (await storage.Get<IJobIntake>().SubmitAsync(submission, None)).ShouldBe(IntakeResult.Accepted);
        return submission.Intent.JobId;
    }

    public static async Task<NodeId> ANodeAsync(StorageFixture storage)
    {
        var registration = Registration();
        (await storage.Get<INodeDirectory>().RegisterAsync(registration, Now, None)).ShouldBeTrue();
        return registration.NodeId;
    }

    public static NodeRegistration Registration() => new(
        NewNodeId(),
        NewWallet(),
        NewWallet(),
        "gpu-1.example",
        new NodeOffer(2, 4_000, 8_192, new HyperAmount(1_500), [new GpuInfo("GPU-1", "RTX 4090", 24_576)], ["sha256:aa"]),
        Now.ToUnixTimeMilliseconds());

    public static JobRow Row(JobId id, int version, string state, params string[] entered) => new(
        id, state, version, $"{{\"state\":\"{state}\"}}", [.. (entered.Length == 0 ? [state] : entered).Select(e => new StateEntered(e, "Something", 1))], 1, null, null, null, null, null, null, null, []);

    public static SagaCommit Commit(JobRow? job, LeaseChange? lease = null) => new(NewId(), [], Now, job, [], [], lease);

    public static OutboxMessage Message(JobId? job = null) => new(NewId(), Queues.MatchJob, "Some.Type", "{\"a\":\"ä\"}", job);

    public static TimerChange Timer(JobId job, TimerKind kind, DateTimeOffset? dueAt, int epoch = 1) =>
        new(job, kind, dueAt, epoch, "Some.Timeout", $"{{\"epoch\":{epoch}}}");

    public static LeaseChange Take(JobId job, NodeId node, int slot, int attempt = 1) =>
        new(job, true, attempt, node, slot, NewHash().ToString(), new HyperAmount(1_500));

    public static LeaseChange Release(JobId job, NodeId node) => new(job, false, 1, node, 0, Hash256.Zero.ToString(), HyperAmount.Zero);
}
