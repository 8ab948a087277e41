using System.Security.Cryptography;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Topology;

namespace Hypernode.Host.Tests.Messaging;

/// <summary>Jobs as the intake takes them.</summary>
internal static class Submissions
{
    /// <summary>One whose job's messages take this queue.</summary>
    public static JobSubmission For(string shard)
    {
        while (true)
        {
            var submission = New();
            if (Queues.Shard(submission.Intent.JobId) == shard)
            {
                return submission;
            }
        }
    }

    public static JobSubmission New()
    {
        var spec = new JobSpec(JobType.Custom, "sha256:" + Hash256.Of("x"u8), new JobLimits(500, 256), 5, Script: "true");
        var now = DateTimeOffset.UtcNow;
        var intent = new PaymentIntent(
            new IntentId(Guid.NewGuid()),
            WalletAddress.FromBytes(RandomNumberGenerator.GetBytes(32)),
            new HyperAmount(1_000_000),
            new JobId(Guid.NewGuid()),
            now.ToUnixTimeMilliseconds() - 1,
            now.ToUnixTimeMilliseconds() + 300_000,
            Hash256.FromBytes(RandomNumberGenerator.GetBytes(32)));
        return new JobSubmission(intent, new PayerSignature("sig"), spec, spec.Hash(), now.ToUnixTimeSeconds() + 5_000, Hash256.FromBytes(RandomNumberGenerator.GetBytes(32)), now);
    }
}
