using System.Text;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

public sealed class AttachedOutputTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly FakeTime _time = new();

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task It_is_whole_when_the_engine_has_shown_that_the_container_ended(bool ended, int pieces)
    {
        await using var output = new AttachedOutput(new MemoryStream(Frame("one\n")), _ => Task.FromResult(ended), _time);
        var read = await ReadAsync(output);
        read.Count.ShouldBe(pieces);
        Encoding.UTF8.GetString(read[0].Data.Span).ShouldBe("one\n");
        read[^1].IsEnd.ShouldBe(ended);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_in_a_frame_is_an_error_after_what_came()
    {
        await using var output = new AttachedOutput(new MemoryStream([.. Frame("one\n"), 1, 0]), _ => Task.FromResult(true), _time);
        var read = new List<LogPiece>();
        await Should.ThrowAsync<IOException>(async () => await ReadAsync(output, read));
        read.Count.ShouldBe(1);
    }

    [Fact]
    public async Task When_nobody_takes_it_the_job_is_let_go()
    {
        var flood = new Flood();
        await using var output = new AttachedOutput(flood, _ => Task.FromResult(true), _time);
        await _time.AdvanceUntilAsync(() => flood.LetGo, Patience);
        flood.Lines.ShouldBeLessThan(32);

        var read = new List<LogPiece>();
        await Should.ThrowAsync<IOException>(async () => await ReadAsync(output, read));
        read.Count.ShouldBeInRange(1, flood.Lines);
    }

    [Fact]
    public async Task Letting_go_of_it_twice_is_no_error()
    {
        var flood = new Flood();
        var output = new AttachedOutput(flood, _ => Task.FromResult(true), _time);
        await output.DisposeAsync();
        await output.DisposeAsync();
        flood.LetGo.ShouldBeTrue();
    }

    private static byte[] Frame(string text) => [1, 0, 0, 0, 0, 0, 0, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static async Task<List<LogPiece>> ReadAsync(AttachedOutput output, List<LogPiece>? into = null)
    {
        into ??= [];
        await foreach (var piece in output.ReadAsync(default))
        {
            into.Add(piece);
        }

        return into;
    }

    /// <summary>Always has another line.</summary>
    private sealed class Flood : MemoryStream
    {
        private readonly byte[] _line = Frame("again\n");
        private int _lines;

        public int Lines => _lines;

        public bool LetGo { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Interlocked.Increment(ref _lines);
            _line.CopyTo(buffer);
            return ValueTask.FromResult(_line.Length);
        }

        protected override void Dispose(bool disposing)
        {
            LetGo = true;
            base.Dispose(disposing);
        }
    }
}
