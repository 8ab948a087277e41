using System.Text;
using System.Text.Json;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Tests;

/// <summary>A job's canonical form is what its payer signed for: fields that came later are absent from jobs that do not use them.</summary>
public sealed class JobSpecTests
{
    private static readonly JobSpec Plain = new(
        JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64), 5, Script: "true", Inputs: [new JobInput("a", Hash256.Zero, 3)]);

    [Fact]
    public void A_job_without_the_later_fields_has_the_form_and_the_hash_that_it_always_had()
    {
        Encoding.UTF8.GetString(CanonicalJson.Serialize(Plain)).ShouldBe(
            """{"estimatedTime":5,"image":"sha256:1111111111111111111111111111111111111111111111111111111111111111","inputs":[{"bytes":3,"name":"a","sha256":"0000000000000000000000000000000000000000000000000000000000000000"}],"limits":{"cpuMillis":1000,"gpuVramMb":0,"gpus":0,"memoryMb":64,"outputMb":64},"network":"None","script":"true","type":"Custom"}""");
        Receipt.RootOf(Plain.Inputs!).ShouldBe(Hash256.Of(Encoding.UTF8.GetBytes(
            """[{"bytes":3,"name":"a","sha256":"0000000000000000000000000000000000000000000000000000000000000000"}]""")));
    }

    [Fact]
    public void Who_may_run_it_and_what_is_encrypted_is_part_of_what_is_signed()
    {
        var key = WalletAddress.FromBytes(Hash256.Of("key"u8).ToBytes());
        JobSpec[] all =
        [
            Plain,
            Plain with { Nodes = [NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e")] },
            Plain with { Encryption = new JobEncryption(key) },
            Plain with { Inputs = [Plain.Inputs![0] with { Encrypted = true }] },
        ];

        all.Select(s => s.Hash()).Distinct().Count().ShouldBe(all.Length);
        foreach (var spec in all)
        {
            JsonSerializer.Deserialize<JobSpec>(CanonicalJson.Serialize(spec), ContractJson.Options)!.Hash().ShouldBe(spec.Hash());
        }
    }
}
