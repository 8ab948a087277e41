using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Api.Live;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Microsoft.Extensions.DependencyInjection;

namespace Hypernode.Api.Tests.Live;

/// <summary>Who reads slowly, or not at all.</summary>
public sealed class SlowTests
{
    private static readonly string Long = new('x', LogChunk.MaxBytes);

    [Fact]
    public async Task Who_reads_nothing_while_a_log_grows_is_told_where_it_stopped_and_resumes_there()
    {
        await using var world = await LiveWorld.StartAsync(("MaxQueuedEvents", "4"), ("SlowSeconds", "1"));
        var job = await world.JobAsync();

        var told = await ProvokeAsync(world, job);

        var slow = told[^1];
        slow["event"]!.GetValue<string>().ShouldBe("slow_consumer");
        slow["channel"]!.GetValue<string>().ShouldBe($"logs:{job}");
        var last = slow["seq"]!.GetValue<long>();
        told.Where(m => m["event"]!.GetValue<string>() == "job_log").Max(m => m["seq"]!.GetValue<long>()).ShouldBe(last);
        using var again = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await again.SubscribeAsync($"logs:{job}", last);
        (await again.NextAsync("job_log"))["seq"]!.GetValue<long>().ShouldBe(last + 1);
    }

    /// <summary>A client that stops reading while a log grows by more than every buffer on the way holds; then it reads on to the end.</summary>
    /// <returns>All that it got.</returns>
    internal static async Task<List<JsonObject>> ProvokeAsync(LiveWorld world, JobId job)
    {
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        var head = (await world.Host.Evidence.ReadLogsAsync(job, (0, -1), int.MaxValue, default)).Select(c => c.Chunk.Seq).DefaultIfEmpty(-1).Max();
        await client.SubscribeAsync($"logs:{job}", LogFeed.NumberOf(1, head));
        var hub = world.Host.Services.GetRequiredService<LiveHub>();
        for (var chunk = head + 1; hub.Closing == 0; chunk++)
        {
            chunk.ShouldBeLessThan(10_000, "the socket takes everything");
            await world.LogAsync(job, 1, chunk, text: Long);
            await Task.Delay(1);
        }

        var told = await client.RestAsync();
        client.CloseStatus.ShouldBe((WebSocketCloseStatus)4408);
        client.CloseReason.ShouldBe("slow-consumer");
        return told;
    }

    [Fact]
    public async Task A_long_log_is_caught_up_with_at_the_clients_own_pace()
    {
        const int Chunks = 600;
        await using var world = await LiveWorld.StartAsync(("MaxQueuedEvents", "8"));
        var job = await world.JobAsync();
        await world.LogAsync(job, 1, 0, Chunks, Long);
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync($"logs:{job}");

        for (var chunk = 0; chunk < Chunks; chunk++)
        {
            (await client.NextAsync("job_log"))["seq"]!.GetValue<long>().ShouldBe(LogFeed.NumberOf(1, chunk));
        }
    }

    [Fact]
    public async Task A_burst_that_no_queue_holds_is_no_reason_to_close_whoever_reads()
    {
        const int Chunks = 500;
        await using var world = await LiveWorld.StartAsync(("MaxQueuedEvents", "4"), ("SlowSeconds", "1"));
        var job = await world.JobAsync();
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync($"logs:{job}");
        await world.LogAsync(job, 1, 0);
        (await client.NextAsync("job_log"))["seq"]!.GetValue<long>().ShouldBe(LogFeed.NumberOf(1, 0));

        await world.LogAsync(job, 1, 1, Chunks, Long);

        for (var chunk = 1; chunk <= Chunks; chunk++)
        {
            (await client.NextAsync("job_log"))["seq"]!.GetValue<long>().ShouldBe(LogFeed.NumberOf(1, chunk));
        }
    }

    [Fact]
    public async Task A_state_waits_once_however_often_it_changes_and_the_newest_is_what_is_sent()
    {
        await using var world = await LiveWorld.StartAsync(("MaxQueuedEvents", "4"), ("PatienceSeconds", "60"), ("SlowSeconds", "60"));
        var job = await world.JobAsync();
        world.Node(NodeStatus.Active);
        await world.LogAsync(job, 1, 0, 400, Long);
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync($"node:{LiveWorld.NodeId}");
        await client.NextAsync("node_status_update");
        await client.SayAsync(new { type = "subscribe", channel = $"logs:{job}" }); // fills every buffer on the way, and is not read
        var states = world.Host.States;
        for (var change = 1; change <= 200; change++)
        {
            world.Node(change % 2 == 0 ? NodeStatus.Active : NodeStatus.Draining);
            while ((await states.FindAsync($"node:{LiveWorld.NodeId}", default))!.Seq <= change)
            {
                await Task.Yield();
            }
        }

        var (told, logs) = (new List<long>(), 0);
        while (logs < 400 || told.LastOrDefault() < 201)
        {
            var next = await client.NextAsync();
            logs += next["event"]!.GetValue<string>() == "job_log" ? 1 : 0;
            if (next["event"]!.GetValue<string>() == "node_status_update")
            {
                told.Add(next["seq"]!.GetValue<long>());
            }
        }

        told.ShouldBeInOrder();
        told.ShouldBeUnique();
        told.Count.ShouldBeLessThan(200);
    }

    [Fact]
    public async Task Who_answers_no_ping_is_cut()
    {
        await using var world = await LiveWorld.StartAsync(("PingSeconds", "1"), ("PatienceSeconds", "1"));
        var hub = world.Host.Services.GetRequiredService<LiveHub>();
        using var dead = new TcpClient();
        await dead.ConnectAsync(world.Host.LiveUri.Host, world.Host.LiveUri.Port);
        var request = $"GET /ws HTTP/1.1\r\nHost: {world.Host.LiveUri.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        await dead.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var alive = await LiveClient.ConnectAsync(world.Host); // its library answers while it reads
        await alive.SubscribeAsync("network");
        var reading = alive.RestAsync();
        await WaitAsync(() => hub.Sockets == 2);

        await WaitAsync(() => hub.Sockets == 1);

        reading.IsCompleted.ShouldBeFalse();
    }

    internal static async Task WaitAsync(Func<bool> condition)
    {
        var deadline = DateTime.UtcNow.AddSeconds(20);
        while (!condition())
        {
            (DateTime.UtcNow < deadline).ShouldBeTrue("it did not happen in time");
            await Task.Delay(10);
        }
    }
}
