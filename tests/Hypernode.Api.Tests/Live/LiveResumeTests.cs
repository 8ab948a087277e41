using System.Text.Json.Nodes;
using Hypernode.Api.Live;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Live;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests.Live;

/// <summary>Every event once and in order, whatever breaks: a connection, a host, a hint, the order in which chunks are stored.</summary>
public sealed class LiveResumeTests
{
    [Fact]
    public async Task After_a_drop_a_client_resumes_without_a_gap_and_without_a_duplicate()
    {
        await using var world = await LiveWorld.StartAsync();
        var job = await world.JobAsync();
        using var first = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await first.SubscribeAsync($"logs:{job}");
        await world.LogAsync(job, 1, 0, 3);
        var last = 0L;
        for (var i = 0; i < 3; i++)
        {
            last = Seq(await first.NextAsync("job_log"));
        }

        first.Drop();
        await world.LogAsync(job, 1, 3, 4);
        using var second = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        Seq(await second.SubscribeAsync($"logs:{job}", last)).ShouldBe(last);
        await world.LogAsync(job, 1, 7);
        await world.LogAsync(job, 2, 0);

        foreach (var expected in (long[])[.. Enumerable.Range(3, 5).Select(c => LogFeed.NumberOf(1, c)), LogFeed.NumberOf(2, 0)])
        {
            Seq(await second.NextAsync("job_log")).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task Numbers_are_the_databases_so_another_host_gives_the_same_and_goes_on_where_the_first_one_died()
    {
        await using var world = await LiveWorld.StartAsync();
        var job = await world.JobAsync(JobStateNames.EscrowPending);
        world.Node(NodeStatus.Active);
        var other = await world.AnotherHostAsync();
        using var here = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        using var there = await LiveClient.ConnectAsync(other, TestWallet.Alice);
        foreach (var client in (LiveClient[])[here, there])
        {
            await client.SayAsync(new { type = "subscribe", channel = $"job:{job}", since = 0 });
            await client.SayAsync(new { type = "subscribe", channel = $"node:{LiveWorld.NodeId}" });
        }

        (await EventsAsync(here, 3)).ShouldBe(await EventsAsync(there, 3));
        world.Move(job, JobStateNames.Matching);
        world.Node(NodeStatus.Offline);
        (await EventsAsync(here, 2)).ShouldBe(await EventsAsync(there, 2));
    }

    /// <summary>A writer at full speed; readers whose hosts are killed under them, again and again, and who resume at the next host.</summary>
    [Fact]
    public async Task Hosts_that_are_killed_while_events_flow_lose_none_and_repeat_none()
    {
        const int Chunks = 2_000;
        await using var world = await LiveWorld.StartAsync();
        var job = await world.JobAsync();
        var token = await world.Host.TokenOfAsync(TestWallet.Alice);
        var doomed = await world.AnotherHostAsync();
        var writing = Task.Run(async () =>
        {
            for (var chunk = 0; chunk < Chunks; chunk++)
            {
                await world.LogAsync(job, 1, chunk);
                if (chunk % 20 == 0)
                {
                    await Task.Delay(1);
                }
            }
        });
        var readers = Enumerable.Range(0, 4).Select(_ => new List<long>()).ToList();
        var hosts = 0;
        while (readers.Any(r => r.Count < Chunks))
        {
            var host = hosts++ < 4 ? doomed : world.Host; // the last one lives
            var reading = Task.WhenAll(readers.Select(r => ReadAsync(host, token, $"logs:{job}", r, Chunks)));
            if (host != world.Host)
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
                while (readers.Any(r => r.Count < hosts * 200))
                {
                    await Task.Delay(1, patience.Token);
                }

                await world.KillAsync(host);
                await reading;
                doomed = await world.AnotherHostAsync();
            }

            await reading;
        }

        await writing;
        var expected = Enumerable.Range(0, Chunks).Select(c => LogFeed.NumberOf(1, c)).ToList();
        readers.ShouldAllBe(r => r.SequenceEqual(expected));
        hosts.ShouldBe(5);
    }

    [Fact]
    public async Task A_hint_that_is_lost_is_made_up_for_by_the_next_look()
    {
        await using var world = await LiveWorld.StartAsync();
        var job = await world.JobAsync();
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync($"job:{job}");
        Seq(await client.NextAsync("job_status_update")).ShouldBe(2);

        world.Host.Jobs.Move(job, JobStateNames.Executed); // and nobody tells

        Seq(await client.NextAsync("job_status_update")).ShouldBe(3);
    }

    [Fact]
    public async Task A_hint_alone_is_enough_and_one_that_says_anything_may_have_moved_wakes_everybody()
    {
        await using var world = await LiveWorld.StartAsync(("PollMilliseconds", "600000"));
        var job = await world.JobAsync();
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync($"job:{job}");
        Seq(await client.NextAsync("job_status_update")).ShouldBe(2);

        world.Move(job, JobStateNames.Executed);
        Seq(await client.NextAsync("job_status_update")).ShouldBe(3);
        world.Host.Jobs.Move(job, JobStateNames.Verified);
        world.Host.Hints.Tell(null);
        Seq(await client.NextAsync("job_status_update")).ShouldBe(4);
    }

    [Fact]
    public async Task An_event_is_read_once_for_all_the_sockets_of_a_host()
    {
        const int Sockets = 40;
        await using var world = await LiveWorld.StartAsync(("PollMilliseconds", "600000"), ("MaxSocketsPerWallet", $"{Sockets}"));
        var job = await world.JobAsync();
        var token = await world.Host.TokenOfAsync(TestWallet.Alice);
        var clients = new List<LiveClient>();
        for (var i = 0; i < Sockets; i++)
        {
            clients.Add(await LiveClient.ConnectAsync(world.Host, token));
            await clients[^1].SubscribeAsync($"job:{job}");
            Seq(await clients[^1].NextAsync("job_status_update")).ShouldBe(2);
        }

        world.Move(job, JobStateNames.Executed); // by now the last one has caught up, too
        await Task.WhenAll(clients.Select(async c => Seq(await c.NextAsync("job_status_update")).ShouldBe(3)));
        var before = world.Host.Jobs.HistoryReads;
        world.Move(job, JobStateNames.Verified);
        await Task.WhenAll(clients.Select(async c => Seq(await c.NextAsync("job_status_update")).ShouldBe(4)));

        (world.Host.Jobs.HistoryReads - before).ShouldBeInRange(1, 2);
        clients.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task A_stream_of_Server_Sent_Events_is_woken_by_the_same_hints()
    {
        await using var world = await LiveWorld.StartAsync(("PollMilliseconds", "600000"));
        var job = await world.JobAsync();
        var alice = await world.Host.SignInAsync(TestWallet.Alice);
        alice.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        await using var stream = await alice.GetStreamAsync($"/api/jobs/{job}/logs");
        using var lines = new StreamReader(stream);
        (await UntilAsync(lines, "event: ")).ShouldBe("event: state");

        await world.LogAsync(job, 1, 0);
        (await UntilAsync(lines, "event: ")).ShouldBe("event: log");
        world.Move(job, JobStateNames.Paid);
        (await UntilAsync(lines, "event: ")).ShouldBe("event: state");
        (await UntilAsync(lines, "event: ")).ShouldBe("event: end");
    }

    /// <summary>Two hosts store two chunks in the other order: the later one waits for the earlier.</summary>
    [Fact]
    public async Task A_chunk_that_is_stored_after_a_later_one_is_not_lost()
    {
        await using var world = await LiveWorld.StartAsync();
        var job = await world.JobAsync();
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync($"logs:{job}");
        await world.LogAsync(job, 1, 0);
        Seq(await client.NextAsync("job_log")).ShouldBe(LogFeed.NumberOf(1, 0));
        await world.LogAsync(job, 1, 2);
        await client.SayAsync(new { type = "ping" });
        await client.NextAsync("pong");

        await world.LogAsync(job, 1, 1);

        Seq(await client.NextAsync("job_log")).ShouldBe(LogFeed.NumberOf(1, 1));
        Seq(await client.NextAsync("job_log")).ShouldBe(LogFeed.NumberOf(1, 2));
    }

    [Fact]
    public async Task A_hole_that_nobody_fills_is_left_when_the_patience_is_over_or_another_attempt_writes()
    {
        await using var world = await LiveWorld.StartAsync(("LogGapMilliseconds", "50"));
        var job = await world.JobAsync();
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync($"logs:{job}");
        await world.LogAsync(job, 1, 1);
        Seq(await client.NextAsync("job_log")).ShouldBe(LogFeed.NumberOf(1, 1));

        await using var patient = await LiveWorld.StartAsync();
        var another = await patient.JobAsync();
        using var waiting = await LiveClient.ConnectAsync(patient.Host, TestWallet.Alice);
        await waiting.SubscribeAsync($"logs:{another}");
        await patient.LogAsync(another, 1, 5);
        await patient.LogAsync(another, 2, 0);
        Seq(await waiting.NextAsync("job_log")).ShouldBe(LogFeed.NumberOf(1, 5));
        Seq(await waiting.NextAsync("job_log")).ShouldBe(LogFeed.NumberOf(2, 0));
    }

    [Fact]
    public async Task A_state_resumes_with_the_newest_and_with_nothing_where_nothing_changed()
    {
        await using var world = await LiveWorld.StartAsync();
        world.Node(NodeStatus.Active);
        var channel = $"node:{LiveWorld.NodeId}";
        using var first = await LiveClient.ConnectAsync(world.Host);
        await first.SubscribeAsync(channel);
        var seen = Seq(await first.NextAsync("node_status_update"));

        using var same = await LiveClient.ConnectAsync(world.Host);
        await same.SubscribeAsync(channel, seen);
        await same.SayAsync(new { type = "ping" });
        await same.NextAsync("pong");
        world.Node(NodeStatus.Draining);
        var next = await same.NextAsync("node_status_update");
        (Seq(next), next["data"]!["status"]!.GetValue<string>()).ShouldBe((seen + 1, "draining"));
    }

    [Theory]
    [InlineData("job")]
    [InlineData("node")]
    public async Task Who_has_more_than_there_is_is_told_so(string kind)
    {
        await using var world = await LiveWorld.StartAsync();
        var job = await world.JobAsync();
        world.Node(NodeStatus.Active);
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        var channel = kind == "job" ? $"job:{job}" : $"node:{LiveWorld.NodeId}";

        (await client.RefusalAsync(new { type = "subscribe", channel, since = 99 }))["type"]!.GetValue<string>().ShouldEndWith(":since-ahead");
    }

    [Fact]
    public async Task Two_hosts_that_look_at_once_number_one_change_once()
    {
        var states = new FakeLiveStates();
        var current = 0;
        var feeds = Enumerable.Range(0, 8).Select(_ => new StateFeed(
            states, LiveTopic.Network, _ => Task.FromResult<System.Text.Json.JsonElement?>(System.Text.Json.JsonSerializer.SerializeToElement(Volatile.Read(ref current))), "test")).ToList();
        for (var round = 1; round <= 50; round++)
        {
            Volatile.Write(ref current, round);
            var told = await Task.WhenAll(feeds.Select(f => Task.Run(() => f.ReadAsync(default))));
            told.ShouldAllBe(e => e!.Seq == round);
        }
    }

    private static async Task ReadAsync(ApiHost host, string token, string channel, List<long> into, int until)
    {
        try
        {
            using var client = await LiveClient.ConnectAsync(host, token);
            await client.SubscribeAsync(channel, into.Count == 0 ? 0 : into[^1]);
            while (into.Count < until && await client.TryNextAsync() is { } next && next["event"]!.GetValue<string>() == "job_log")
            {
                into.Add(Seq(next));
            }
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or RefusedAtTheDoorException or InvalidOperationException)
        {
            // The host died; what has come so far counts.
        }
    }

    /// <summary>So many events, in whatever order their channels come.</summary>
    private static async Task<List<string>> EventsAsync(LiveClient client, int count)
    {
        var events = new List<JsonObject>();
        while (events.Count < count)
        {
            if (await client.NextAsync() is var next && next["event"]!.GetValue<string>() != "subscribed")
            {
                events.Add(next);
            }
        }

        return [.. events.Select(e => e.ToJsonString()).Order(StringComparer.Ordinal)];
    }

    private static async Task<string> UntilAsync(StreamReader lines, string start)
    {
        while (true)
        {
            var line = await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)) ?? throw new InvalidOperationException("the stream has ended");
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return line;
            }
        }
    }

    private static long Seq(JsonObject message) => message["seq"]!.GetValue<long>();
}
