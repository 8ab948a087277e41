using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;
using Hypernode.Solana;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

/// <summary>An encrypted job on a real engine: what the platform stores tells nothing, and what was tampered with is not run.</summary>
[Trait("Needs", "docker")]
public sealed class EncryptedJobTests(JobImage image) : IClassFixture<JobImage>, IDisposable
{
    private const string Secret = "the patient's name is Ada\n";

    private readonly TestKit _kit = new();
    private readonly Account _user = new();

    public void Dispose()
    {
        _user.Dispose();
        _kit.Dispose();
    }

    [Fact]
    public async Task A_job_reads_what_only_its_node_can_open_and_leaves_what_only_its_user_can()
    {
        var script = await SealAsync("cat /in/secret.txt > /out/copy; wc -c < /in/secret.txt > /out/count; : > /out/nothing; ls -l /in >&2\n", NodeKey);
        var secret = await SealAsync(Secret, NodeKey, _user.PublicKey);
        var command = Command([Input("job.sh", script), Input("secret.txt", secret)]);

        var reported = (AttemptReported)await RunAsync(command);

        _kit.ShouldBeProper(reported, command);
        reported.Receipt.ExitCode.ShouldBe(0, _kit.Link.Text("stderr"));
        reported.Receipt.Artifacts.Select(a => a.Name).ShouldBe(["copy", "count", "nothing"]);
        foreach (var blob in _kit.Blobs.All)
        {
            blob.ShouldNotContainText("Ada");
            blob.ShouldNotContainText("26");
            blob.AsSpan(0, 16).SequenceEqual("HYPERNODE-SEAL-1"u8).ShouldBeTrue();
        }

        (await ReadResultAsync(reported, "copy")).ShouldBe(Secret);
        (await ReadResultAsync(reported, "count")).Trim().ShouldBe("26");
        (await ReadResultAsync(reported, "nothing")).ShouldBe("");
        foreach (var result in reported.Receipt.Artifacts)
        {
            // The receipt names what is stored; nobody but the user opens it, the node itself not either.
            _kit.Blobs[result.Sha256].Length.ShouldBe((int)result.Bytes);
            await using var opened = _kit.Signer.Open(new MemoryStream(_kit.Blobs[result.Sha256]));
            (await Should.ThrowAsync<EnvelopeException>(() => opened.CopyToAsync(Stream.Null))).Fault.ShouldBe(EnvelopeFault.NotARecipient);
        }
    }

    [Fact]
    public async Task A_node_that_is_no_recipient_declines_and_makes_no_container()
    {
        var command = Command([Input("secret.txt", await SealAsync(Secret, _user.PublicKey))]);

        ((AttemptDeclined)await RunAsync(command)).Reason.ShouldBe("not-a-recipient");
    }

    [Theory]
    [InlineData(5)]    // the magic
    [InlineData(120)]  // the MAC
    [InlineData(150)]  // the payload
    [InlineData(-1)]   // its tag
    public async Task An_envelope_that_was_tampered_with_is_declined(int at)
    {
        // Signed for as it is: the payer's own mistake, or a client that was broken into. Anything else fails at its hash already.
        var envelope = await SealAsync(Secret, NodeKey);
        envelope[at < 0 ? envelope.Length + at : at] ^= 1;

        ((AttemptDeclined)await RunAsync(Command([Input("secret.txt", envelope)]))).Reason.ShouldBe("envelope-damaged");
    }

    [Fact]
    public async Task An_envelope_that_was_cut_off_or_swapped_on_the_way_is_not_the_one_that_was_signed()
    {
        var envelope = await SealAsync(Secret, NodeKey);
        var command = Command([Input("secret.txt", envelope)]);
        _kit.Blobs.Replace(command.Spec.Inputs![0].Sha256, await SealAsync("another secret of the same length"[..Secret.Length], NodeKey));

        ((AttemptDeclined)await RunAsync(command)).Reason.ShouldBe("inputs-unavailable");
    }

    [Fact]
    public async Task A_result_key_that_nobody_has_is_declined_before_anything_is_read()
    {
        var nobody = WalletAddress.FromBytes([2, .. new byte[31]]);
        var command = _kit.Execute(
            new JobSpec(JobType.Custom, image.Id, new JobLimits(1_000, 64, OutputMb: 4), 5, Cmd: ["/bin/true"], Encryption: new JobEncryption(nobody)), Now);

        ((AttemptDeclined)await RunAsync(command)).Reason.ShouldBe("not-a-recipient");
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    private PublicKey NodeKey => new(_kit.Signer.Key.ToBytes());

    private ExecuteJob Command(IReadOnlyList<JobInput> inputs) => _kit.Execute(
        new JobSpec(
            JobType.Custom, image.Id, new JobLimits(1_000, 64, OutputMb: 4), 5, Cmd: ["/bin/sh", "/in/job.sh"], Inputs: inputs,
            Nodes: [_kit.Node], Encryption: new JobEncryption(WalletAddress.FromBytes(_user.PublicKey.AsSpan()))),
        Now);

    private JobInput Input(string name, byte[] envelope) => new(name, _kit.Blobs.Add(envelope), envelope.Length, Encrypted: true);

    private async Task<NodeMessage> RunAsync(ExecuteJob command)
    {
        await using var agent = await AgentRegistration.CreateAsync(
            _kit.Options, _kit.Link, _kit.Blobs, _kit.Signer, TimeProvider.System, NullLoggerFactory.Instance, default);
        await agent.StartAsync(default);
        _kit.Link.Command(command);
        await Wait.UntilAsync(() => Outcome() is not null, 60, () => _kit.Link.Text("agent"));
        await Wait.UntilAsync(() => agent.OpenAttempts == 0);
        Directory.EnumerateFileSystemEntries(Path.Combine(_kit.Folder, "attempts")).ShouldBeEmpty("plaintext goes with the attempt");
        return Outcome()!;

        NodeMessage? Outcome() => _kit.Link.Received.FirstOrDefault(m => m is AttemptReported or AttemptDeclined);
    }

    private async Task<string> ReadResultAsync(AttemptReported reported, string name)
    {
        await using var opened = Envelope.Open(new MemoryStream(_kit.Blobs[reported.Receipt.Artifacts.Single(a => a.Name == name).Sha256]), _user);
        using var reader = new StreamReader(opened);
        return await reader.ReadToEndAsync();
    }

    private static async Task<byte[]> SealAsync(string text, params PublicKey[] recipients)
    {
        await using var envelope = Envelope.Seal(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), recipients);
        using var all = new MemoryStream();
        await envelope.CopyToAsync(all);
        return all.ToArray();
    }
}

file static class Bytes
{
    public static void ShouldNotContainText(this byte[] content, string text) =>
        content.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(text + "\n")).ShouldBe(-1, text);
}
