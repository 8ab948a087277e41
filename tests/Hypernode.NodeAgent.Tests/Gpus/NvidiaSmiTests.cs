using Hypernode.NodeAgent.Adapters.Machine;
using Hypernode.NodeAgent.Hardware;
using Hypernode.NodeAgent.Tests.Fakes;

#pragma warning disable CA1416 // these tests run on Linux

namespace Hypernode.NodeAgent.Tests.Gpus;

/// <summary>The driver's tool as it may be: here, a script that says what it would say.</summary>
public sealed class NvidiaSmiTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-smi-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_asks_for_uuid_and_used_memory_and_reads_the_answer()
    {
        var read = await ReadAsync($"""[ "$*" = "--query-gpu=uuid,memory.used --format=csv,noheader,nounits" ] && printf '{FakeGpus.A}, 17\n{FakeGpus.B}, 24000\n'""");
        read.ShouldBe([new GpuReading(FakeGpus.A, 17), new GpuReading(FakeGpus.B, 24_000)]);
    }

    [Fact]
    public async Task Lines_that_are_no_reading_are_passed_over() => (await ReadAsync(
        $"printf 'warning: infoROM is corrupted\\n{FakeGpus.A}, [N/A]\\n{FakeGpus.B}, 5\\n0, 9\\n'")).ShouldBe([new GpuReading(FakeGpus.B, 5)]);

    [Theory]
    [InlineData("exit 9", "ended with 9")]
    [InlineData("echo 'NVIDIA-SMI has failed because it could not communicate with the driver' >&2; exit 9", "could not communicate")]
    [InlineData("echo 'No devices were found'", "named 0 GPUs: No devices were found")]
    [InlineData("yes GPU-nonsense | head -c 10000000", "named 0 GPUs")]
    public async Task What_can_not_be_read_is_said_in_its_own_words(string script, string why) =>
        (await Should.ThrowAsync<GpuUnreadableException>(() => ReadAsync(script))).Message.ShouldContain(why);

    [Fact]
    public async Task A_tool_that_is_not_there_is_no_crash()
    {
        var options = new AgentOptions { NvidiaSmi = Path.Combine(_folder, "nowhere") };
        (await Should.ThrowAsync<GpuUnreadableException>(() => new NvidiaSmi(options, TimeProvider.System).ReadAsync(default))).Message.ShouldContain("can't be run");
    }

    [Fact]
    public async Task A_tool_that_hangs_is_given_up_and_ended()
    {
        var time = new FakeTime();
        var reading = new NvidiaSmi(Options($"echo $$ > {_folder}/pid; exec sleep 600"), time).ReadAsync(default);
        await Wait.UntilAsync(() => File.Exists(_folder + "/pid") && File.ReadAllText(_folder + "/pid").EndsWith('\n'));
        time.Advance(TimeSpan.FromSeconds(5));

        (await Should.ThrowAsync<GpuUnreadableException>(() => reading)).Message.ShouldContain("did not answer");
        var pid = File.ReadAllText(_folder + "/pid").Trim();
        await Wait.UntilAsync(() => !Directory.Exists($"/proc/{pid}") || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal));
    }

    private Task<IReadOnlyList<GpuReading>> ReadAsync(string script) => new NvidiaSmi(Options(script), TimeProvider.System).ReadAsync(default);

    private AgentOptions Options(string script)
    {
        var file = Path.Combine(_folder, "nvidia-smi");
        File.WriteAllText(file, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new AgentOptions { NvidiaSmi = file };
    }
}
