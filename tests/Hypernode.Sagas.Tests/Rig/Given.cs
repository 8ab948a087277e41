using System.Security.Cryptography;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Sagas.Tests.Rig;

/// <summary>Valid values to start from.</summary>
internal static class Given
{
    public static readonly HyperAmount Amount = new(1_000_000);

    /// <summary>Of those that a job wants; here nobody looks which node it gets.</summary>
    private static readonly NodeId Named = NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

    public static JobSubmission Submission(DateTimeOffset at, TimeSpan? settleWithin = null)
    {
        var spec = new JobSpec(JobType.Inference, "sha256:" + new string('a', 64), new JobLimits(500, 256), 10, Script: "true", Network: NetworkMode.Allowlist, NetworkAllow: ["example.com:443"],
            Inputs: [new JobInput("in", Hash256.Of([4]), 293, Encrypted: true)], Nodes: [Named], Encryption: new JobEncryption(WalletAddress.FromBytes(new byte[32])));
        var intent = new PaymentIntent(
            new IntentId(Guid.NewGuid()),
            WalletAddress.FromBytes(RandomNumberGenerator.GetBytes(32)),
            Amount,
            new JobId(Guid.NewGuid()),
            at.ToUnixTimeMilliseconds(),
            (at + TimeSpan.FromMinutes(5)).ToUnixTimeMilliseconds(),
            Hash256.FromBytes(RandomNumberGenerator.GetBytes(32)));
        return new JobSubmission(
            intent, new PayerSignature(Base58.Encode(RandomNumberGenerator.GetBytes(64))), spec, spec.Hash(), (at + (settleWithin ?? TimeSpan.FromHours(1))).ToUnixTimeSeconds(), Hash256.Of([1]), at);
    }

    public static JobSubmitted Submitted(this JobSubmission s) =>
        new(s.Intent.JobId, s.Intent, s.Signature, s.Spec, s.SpecHash, s.SettleBy, s.Salt);

    public static NodeRegistration Node(int slots = 1) => new(
        new NodeId(Guid.NewGuid()),
        WalletAddress.FromBytes(RandomNumberGenerator.GetBytes(32)),
        WalletAddress.FromBytes(RandomNumberGenerator.GetBytes(32)),
        "gpu.example",
        new NodeOffer(slots, 4_000, 8_192, new HyperAmount(1_500), [], []),
        0);

    public static NodeMatched MatchOf(JobId job, int attempt, NodeRegistration node, int slot = 0) => new(
        job, attempt, node.NodeId, node.NodeKey, node.Authority, slot, node.Offer.PricePerSecond, Hash256.Of([(byte)attempt]));

    public static ResultVerified VerdictOf(JobId job, int attempt, Verdict verdict) => new(
        job, attempt, verdict, 10_000, new HyperAmount(700_000), Hash256.Of([2, (byte)attempt]), Hash256.Of([3, (byte)attempt]), "");
}
