using System.Net;

namespace Hypernode.Client.Tests;

public class FollowTests
{
    private const string State = "event: state\ndata: {\"state\":\"Executing\",\"attempt\":1}\n\n";
    private const string End = "event: end\ndata: {\"state\":\"Paid\",\"attempt\":1}\n\n";

    [Fact]
    public async Task A_stream_that_breaks_off_is_taken_up_after_its_last_line()
    {
        using var server = new Streams(State + Line(0) + Line(1), State, Line(2) + End);
        using var http = new HttpClient(server) { BaseAddress = new Uri("http://test") };
        using var api = new HypernodeClient(http, new ClientOptions { RetryDelay = TimeSpan.Zero });

        var events = await api.FollowAsync("job").ToListAsync();

        events.Where(e => e.Kind == "log").Select(e => e.Text).ShouldBe(["line 0", "line 1", "line 2"]);
        events[^1].Kind.ShouldBe("end");
        server.Positions.ShouldBe([null, "1.1", "1.1"]);
    }

    [Fact]
    public async Task A_stream_that_never_goes_on_is_given_up()
    {
        using var server = new Streams([.. Enumerable.Repeat(State, 20)]);
        using var http = new HttpClient(server) { BaseAddress = new Uri("http://test") };
        using var api = new HypernodeClient(http, new ClientOptions { RetryDelay = TimeSpan.Zero });

        await Should.ThrowAsync<IOException>(async () => await api.FollowAsync("job").ToListAsync());

        server.Positions.Count.ShouldBe(5);
    }

    private static string Line(int number) =>
        $"event: log\nid: 1.{number}\ndata: {{\"attempt\":1,\"stream\":\"stdout\",\"text\":\"line {number}\"}}\n\n";

    /// <summary>Each request gets the next of these streams, which then ends.</summary>
    private sealed class Streams(params string[] streams) : HttpMessageHandler
    {
        public List<string?> Positions { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Positions.Add(request.Headers.TryGetValues("Last-Event-ID", out var values) ? values.Single() : null);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(streams[Positions.Count - 1]) });
        }
    }
}
