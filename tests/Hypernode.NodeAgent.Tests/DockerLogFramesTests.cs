using System.Buffers.Binary;
using System.Text;
using Hypernode.NodeAgent.Adapters.Docker;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Tests;

public sealed class DockerLogFramesTests
{
    private const byte Out = 1;
    private const byte Err = 2;
    private const string Time = "2026-12-01T13:24:20.834749505Z";

    [Fact]
    public void Lines_that_come_together_are_one_piece_a_stream_without_their_times()
    {
        var pieces = new DockerLogFrames().Take([.. Frame(Out, "one\n"), .. Frame(Out, "two\n"), .. Frame(Err, "oh\n"), .. Frame(Out, "three\n")]);
        Texts(pieces).ShouldBe([("stdout", "one\ntwo\n"), ("stderr", "oh\n"), ("stdout", "three\n")]);
    }

    [Fact]
    public void Wherever_they_are_cut_they_say_the_same()
    {
        byte[] all = [.. Frame(Out, "one two\n"), .. Frame(Err, ""), .. Frame(Err, " \n", "2026-12-01T15:24:20.834749505+02:00"), .. Frame(Out, "end")];
        for (var size = 1; size <= all.Length; size++)
        {
            var frames = new DockerLogFrames();
            var pieces = all.Chunk(size).SelectMany(part => frames.Take(part)).ToList();
            frames.End();
            string.Concat(pieces.Where(p => p.Stream == "stdout").Select(Text)).ShouldBe("one two\nend");
            string.Concat(pieces.Where(p => p.Stream == "stderr").Select(Text)).ShouldBe(" \n");
            frames.Last.ShouldBe(new LogLine(Time, "stdout", 3));
        }
    }

    [Fact]
    public void A_piece_stays_what_it_is_when_the_next_is_read()
    {
        var frames = new DockerLogFrames();
        var first = frames.Take(Frame(Out, "first\n"));
        frames.Take(Frame(Out, "other\n"));
        Texts(first).ShouldBe([("stdout", "first\n")]);
    }

    [Fact]
    public void A_line_that_only_begins_like_another_is_not_the_last_one()
    {
        var (had, all) = (new DockerLogFrames(), new DockerLogFrames());
        had.Take(Frame(Out, "same\n"));
        all.Take(Frame(Out, "same\n", "2026-12-01T13:24:20.834749506Z"));
        all.Last.ShouldNotBe(had.Last);
        new DockerLogFrames().Last.ShouldBeNull();
    }

    [Theory]
    [InlineData(4)]
    [InlineData(20)]
    [InlineData(41)]
    public void A_log_that_breaks_off_in_a_frame_says_so(int bytes)
    {
        var frames = new DockerLogFrames();
        frames.Take(Frame(Out, "one\n").AsSpan(0, bytes));
        Should.Throw<EndOfStreamException>(frames.End);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no time\n")]
    [InlineData("0123456789012345678901234567890123456789\n")]
    public void What_has_no_time_is_not_taken_for_a_line(string text) =>
        Should.Throw<EngineRefusedException>(() => new DockerLogFrames().Take(Raw(Out, text)));

    [Fact]
    public void What_the_engine_says_itself_has_no_time_and_makes_the_log_be_read_again()
    {
        var frames = new DockerLogFrames();
        Texts(frames.Take([.. Frame(Out, "one\n"), .. Raw(3, "Error grabbing logs\n")])).ShouldBe([("stdout", "one\nError grabbing logs\n")]);
        frames.Last.ShouldBeNull();
    }

    [Fact]
    public async Task A_stream_of_many_lines_comes_in_few_pieces()
    {
        using var stream = new MemoryStream([.. Enumerable.Range(0, 10_000).SelectMany(i => Frame(Out, $"{i:D5}\n"))]);
        var pieces = new List<LogPiece>();
        await foreach (var piece in DockerLogStream.ReadAsync(stream, new DockerLogFrames(), default))
        {
            pieces.Add(piece);
        }

        pieces.Count.ShouldBeLessThan(20);
        string.Concat(pieces.Select(Text)).ShouldBe(string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{i:D5}\n")));
    }

    private static byte[] Frame(byte stream, string text, string time = Time) => Raw(stream, $"{time} {text}");

    private static byte[] Raw(byte stream, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        byte[] frame = [stream, 0, 0, 0, 0, 0, 0, 0, .. body];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), body.Length);
        return frame;
    }

    private static string Text(LogPiece piece) => Encoding.UTF8.GetString(piece.Data.Span);

    private static List<(string, string)> Texts(List<LogPiece> pieces) => pieces.ConvertAll(p => (p.Stream, Text(p)));
}
