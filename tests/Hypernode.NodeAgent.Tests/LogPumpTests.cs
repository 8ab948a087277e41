using System.Runtime.CompilerServices;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

public sealed class LogPumpTests : IDisposable
{
    private readonly TestKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task A_log_is_read_a_second_time_only_when_its_follower_may_have_missed_the_end(bool hadAll, int reads)
    {
        var engine = new EndedEngine("all of it\n"u8.ToArray()) { FollowerMisses = hadAll ? 0 : 4 };
        var chunks = await PumpAsync(engine);
        engine.Reads.ShouldBe(reads);
        System.Text.Encoding.UTF8.GetString([.. chunks.SelectMany(c => c.Data)]).ShouldBe("all of it\n");
    }

    [Fact]
    public async Task Chunks_are_full_however_the_engine_cuts_its_pieces()
    {
        var output = new byte[3 * LogChunk.MaxBytes + 5];
        Random.Shared.NextBytes(output);
        var chunks = await PumpAsync(new EndedEngine(output) { PieceBytes = 4_001 });
        chunks.Select(c => c.Data.Length).ShouldBe([LogChunk.MaxBytes, LogChunk.MaxBytes, LogChunk.MaxBytes, 5]);
        chunks.SelectMany(c => c.Data).ShouldBe(output);
    }

    [Fact]
    public async Task Who_has_heard_all_of_the_output_reads_no_log()
    {
        var engine = new EndedEngine("all of it\n"u8.ToArray());
        var chunks = await PumpAsync(engine, new Heard([new("stdout", "all of it\n"u8.ToArray())], Whole: true));
        engine.Reads.ShouldBe(0);
        Text(chunks, "stdout").ShouldBe("all of it\n");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_heard_in_another_order_is_gone_on_with_from_the_log_without_a_gap_or_a_double(bool breaks)
    {
        var engine = new EndedEngine([]) { Log = [Out("one\n"), Err("oh\n"), Out("two\n"), Err("no\n")] };
        var chunks = await PumpAsync(engine, new Heard([Err("oh\nn"), Out("on")], Whole: false) { Breaks = breaks });
        engine.Reads.ShouldBe(1);
        Text(chunks, "stdout").ShouldBe("one\ntwo\n");
        Text(chunks, "stderr").ShouldBe("oh\nno\n");
        Text(chunks, LogChain.AgentStream).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("on")]
    [InlineData("other")]
    public async Task A_log_that_has_less_than_was_heard_or_something_else_is_said_to_be_cut(string log)
    {
        var chunks = await PumpAsync(new EndedEngine([]) { Log = [Out(log)] }, new Heard([Out("one\n")], Whole: false));
        Text(chunks, "stdout").ShouldBe("one\n");
        Text(chunks, LogChain.AgentStream).ShouldContain("some output is missing");
    }

    private static LogPiece Out(string text) => new("stdout", System.Text.Encoding.UTF8.GetBytes(text));

    private static LogPiece Err(string text) => new("stderr", System.Text.Encoding.UTF8.GetBytes(text));

    private static string Text(IEnumerable<LogChunk> chunks, string stream) =>
        System.Text.Encoding.UTF8.GetString([.. chunks.Where(c => c.Stream == stream).SelectMany(c => c.Data)]);

    private async Task<IReadOnlyList<LogChunk>> PumpAsync(EndedEngine engine, IOutputFeed? feed = null)
    {
        // A clock that stands still: nothing is flushed because time has passed.
        var time = new FakeTime();
        using var chain = LogChain.Open(_kit.Folder, new JobId(TestKit.NewId()), 1, time);
        await new LogPump(engine, chain, long.MaxValue, time, NullLogger.Instance).RunAsync("any", feed, default);
        return chain.PeekUnsent(int.MaxValue);
    }

    private sealed record Heard(IReadOnlyList<LogPiece> Pieces, bool Whole) : IOutputFeed
    {
        public bool Breaks { get; init; }

        public async IAsyncEnumerable<LogPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            foreach (var piece in Pieces)
            {
                yield return piece;
            }

            if (Breaks)
            {
                throw new IOException("broken pipe");
            }

            if (Whole)
            {
                yield return LogPiece.End;
            }
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Its container has ended; whoever follows is let go early, or is told that nothing was missed.</summary>
    private sealed class EndedEngine(byte[] output) : IContainerEngine
    {
        public int FollowerMisses { get; init; }

        public int PieceBytes { get; init; } = int.MaxValue;

        /// <summary>In place of the output, when that has more than one stream.</summary>
        public IReadOnlyList<LogPiece>? Log { get; init; }

        public int Reads { get; private set; }

        public bool Sandboxed => true;

        public async IAsyncEnumerable<LogPiece> ReadLogsAsync(string id, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Reads++;
            await Task.Yield();
            foreach (var piece in Log ?? [.. output[..(follow ? ^FollowerMisses : ^0)].Chunk(PieceBytes).Select(p => new LogPiece("stdout", p))])
            {
                yield return piece;
            }

            if (follow && FollowerMisses == 0)
            {
                yield return LogPiece.End;
            }
        }

        public Task<ContainerState?> InspectAsync(string id, CancellationToken cancellationToken) =>
            Task.FromResult<ContainerState?>(new(ContainerStatus.Ended, "", default, default, 0, OutOfMemory: false));

        public Task<ImageFound?> ResolveImageAsync(ImageReference image, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string> CreateAsync(ContainerPlan plan, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IOutputFeed?> ListenAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task StartAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task WaitAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task KillAsync(string id, bool force, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Stream> OpenOutputsAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task RemoveAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<ContainerFound>> ListAsync(string label, string value, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
