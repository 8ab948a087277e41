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

    private async Task<IReadOnlyList<LogChunk>> PumpAsync(EndedEngine engine)
    {
        // A clock that stands still: nothing is flushed because time has passed.
        var time = new FakeTime();
        using var chain = LogChain.Open(_kit.Folder, new JobId(TestKit.NewId()), 1, time);
        await new LogPump(engine, chain, long.MaxValue, time, NullLogger.Instance).RunAsync("any", default);
        return chain.PeekUnsent(int.MaxValue);
    }

    /// <summary>Its container has ended; whoever follows is let go early, or is told that nothing was missed.</summary>
    private sealed class EndedEngine(byte[] output) : IContainerEngine
    {
        public int FollowerMisses { get; init; }

        public int PieceBytes { get; init; } = int.MaxValue;

        public int Reads { get; private set; }

        public bool Sandboxed => true;

        public async IAsyncEnumerable<LogPiece> ReadLogsAsync(string id, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Reads++;
            await Task.Yield();
            foreach (var piece in output[..(follow ? ^FollowerMisses : ^0)].Chunk(PieceBytes))
            {
                yield return new LogPiece("stdout", piece);
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

        public Task StartAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task WaitAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task KillAsync(string id, bool force, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Stream> OpenOutputsAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task RemoveAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<ContainerFound>> ListAsync(string label, string value, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
