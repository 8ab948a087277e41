using System.Net.WebSockets;
using System.Text;
using Hypernode.Api.Live;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.DependencyInjection;

namespace Hypernode.Api.Tests.Live;

/// <summary>What a client may not say, and more than it may have.</summary>
public sealed class BadMessageTests(BadMessageTests.Fixture shared) : IClassFixture<BadMessageTests.Fixture>
{
    private LiveWorld World => shared.World;

    [Theory]
    [InlineData("", "malformed-message")]
    [InlineData("{", "malformed-message")]
    [InlineData("null", "malformed-message")]
    [InlineData("[]", "malformed-message")]
    [InlineData("\"subscribe\"", "malformed-message")]
    [InlineData("{}", "malformed-message")]
    [InlineData("{\"type\":1}", "malformed-message")]
    [InlineData("{\"type\":\"\"}", "malformed-message")]
    [InlineData("{\"type\":\"dance\"}", "unknown-message")]
    [InlineData("{\"type\":\"ping\",\"type\":\"ping\"}", "malformed-message")]
    [InlineData("{\"type\":\"ping\",\"extra\":1}", "malformed-message")]
    [InlineData("{\"type\":\"ping\",\"id\":7}", "malformed-message")]
    [InlineData("{\"type\":\"ping\",\"id\":\"\\ud800\"}", "malformed-message")]
    [InlineData("{\"type\":\"subscribe\"}", "malformed-message")]
    [InlineData("{\"type\":\"subscribe\",\"channel\":null}", "malformed-message")]
    [InlineData("{\"type\":\"subscribe\",\"channel\":{\"a\":{\"b\":{\"c\":{}}}}}", "malformed-message")]
    [InlineData("{\"type\":\"subscribe\",\"channel\":\"network\",\"since\":-1}", "malformed-message")]
    [InlineData("{\"type\":\"subscribe\",\"channel\":\"network\",\"since\":1.5}", "malformed-message")]
    [InlineData("{\"type\":\"subscribe\",\"channel\":\"network\",\"since\":99999999999999999999}", "malformed-message")]
    [InlineData("{\"type\":\"subscribe\",\"channel\":\"\\u0000\"}", "unknown-channel")]
    [InlineData("{\"type\":\"unsubscribe\",\"channel\":\"network\"}", "not-subscribed")]
    [InlineData("{\"type\":\"unsubscribe\",\"channel\":\"nonsense\"}", "not-subscribed")]
    [InlineData("{\"type\":\"auth\"}", "malformed-message")]
    [InlineData("{\"type\":\"auth\",\"token\":\"x\"}", "unauthorized")]
    public async Task It_is_answered_with_what_is_wrong_and_the_socket_lives_on(string message, string expected)
    {
        using var client = await LiveClient.ConnectAsync(World.Host);
        await client.SayAsync(message);

        (await client.NextAsync("error"))["data"]!["type"]!.GetValue<string>().ShouldBe($"urn:hypernode:problem:{expected}");

        await client.SayAsync(new { type = "ping", id = "still here" });
        (await client.NextAsync("pong"))["id"]!.GetValue<string>().ShouldBe("still here");
    }

    [Theory]
    [InlineData(true, "storage-unavailable", 503)]
    [InlineData(false, "internal", 500)]
    public async Task What_fails_on_our_side_is_said_without_what_it_was_and_the_socket_lives_on(bool storage, string kind, int status)
    {
        await using var world = await LiveWorld.StartAsync();
        using var client = await LiveClient.ConnectAsync(world.Host);
        world.Host.Nodes.Away = storage ? new StorageUnavailableException(StorageCondition.Unreachable, "it does not answer", null) : new FormatException("secret");

        var error = await client.RefusalAsync(new { type = "subscribe", channel = $"node:{LiveWorld.NodeId}" });

        (error["type"]!.GetValue<string>(), error["status"]!.GetValue<int>()).ShouldBe(($"urn:hypernode:problem:{kind}", status));
        error.ToJsonString().ShouldNotContain("secret");
        world.Host.Nodes.Away = null;
        world.Node(Contracts.Nodes.NodeStatus.Active);
        await client.SubscribeAsync($"node:{LiveWorld.NodeId}");
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_end_the_socket()
    {
        using var client = await LiveClient.ConnectAsync(World.Host);
        await client.SendAsync([0xC3, 0x28, 0xFF], WebSocketMessageType.Text);

        await ShouldEndAsync(client);
    }

    [Fact]
    public async Task A_binary_message_ends_the_socket()
    {
        using var client = await LiveClient.ConnectAsync(World.Host);
        await client.SendAsync([1, 2, 3], WebSocketMessageType.Binary);

        (await client.NextAsync("error"))["data"]!["type"]!.GetValue<string>().ShouldEndWith(":binary-message");
        (await client.RestAsync()).ShouldBeEmpty();
        client.CloseStatus.ShouldBe(WebSocketCloseStatus.InvalidMessageType);
    }

    [Theory]
    [InlineData(4_097)]
    [InlineData(1_000_000)]
    public async Task A_message_that_is_too_long_ends_the_socket(int length)
    {
        using var client = await LiveClient.ConnectAsync(World.Host);
        await client.SendAsync(Encoding.UTF8.GetBytes(new string(' ', length)), WebSocketMessageType.Text);

        (await client.NextAsync("error"))["data"]!["type"]!.GetValue<string>().ShouldEndWith(":too-large");
        (await client.RestAsync()).ShouldBeEmpty();
        client.CloseStatus.ShouldBe(WebSocketCloseStatus.MessageTooBig);
    }

    [Fact]
    public async Task Who_errs_again_and_again_is_closed()
    {
        using var client = await LiveClient.ConnectAsync(World.Host);
        for (var i = 0; i < 10; i++)
        {
            await client.SayAsync("?");
        }

        (await client.RestAsync())[^1]["data"]!["type"]!.GetValue<string>().ShouldEndWith(":too-many-errors");
        client.CloseStatus.ShouldBe(WebSocketCloseStatus.PolicyViolation);
    }

    [Fact]
    public async Task Who_says_too_much_is_closed()
    {
        await using var world = await LiveWorld.StartAsync(("MessagesPerSecond", "1"));
        using var client = await LiveClient.ConnectAsync(world.Host);
        for (var i = 0; i < 6; i++)
        {
            await client.SayAsync(new { type = "ping" });
        }

        (await client.RestAsync())[^1]["data"]!["type"]!.GetValue<string>().ShouldEndWith(":too-many-messages");
    }

    [Fact]
    public async Task A_socket_has_only_so_many_subscriptions_and_each_once()
    {
        await using var world = await LiveWorld.StartAsync(("MaxSubscriptions", "2"));
        var (one, two) = (await world.JobAsync(), await world.JobAsync());
        using var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice);
        await client.SubscribeAsync($"logs:{one}");
        (await client.RefusalAsync(new { type = "subscribe", channel = $"logs:{one}" }))["type"]!.GetValue<string>().ShouldEndWith(":already-subscribed");
        await client.SubscribeAsync($"logs:{two}");

        (await client.RefusalAsync(new { type = "subscribe", channel = "network" }))["type"]!.GetValue<string>().ShouldEndWith(":too-many-subscriptions");

        await client.SayAsync(new { type = "unsubscribe", channel = $"logs:{one}" });
        await client.NextAsync("unsubscribed");
        await world.LogAsync(one, 1, 0);
        await client.SubscribeAsync("network");
        await client.NextAsync("network_stats_update"); // and nothing of what is not watched any more
    }

    [Fact]
    public async Task An_address_and_a_wallet_have_only_so_many_sockets_and_get_their_places_back()
    {
        await using var world = await LiveWorld.StartAsync(("MaxSocketsPerAddress", "3"), ("MaxSocketsPerWallet", "1"));
        var token = await world.Host.TokenOfAsync(TestWallet.Alice);
        var first = await LiveClient.ConnectAsync(world.Host, token);
        (await Should.ThrowAsync<RefusedAtTheDoorException>(() => LiveClient.ConnectAsync(world.Host, token))).Status.ShouldBe(429);
        using var second = await LiveClient.ConnectAsync(world.Host);
        (await second.RefusalAsync(new { type = "auth", token }))["type"]!.GetValue<string>().ShouldEndWith(":too-many-sockets");
        using var third = await LiveClient.ConnectAsync(world.Host);
        (await Should.ThrowAsync<RefusedAtTheDoorException>(() => LiveClient.ConnectAsync(world.Host))).Status.ShouldBe(429);

        first.Drop();
        first.Dispose();
        var hub = world.Host.Services.GetRequiredService<LiveHub>();
        await SlowTests.WaitAsync(() => hub.Sockets == 2);
        await second.SayAsync(new { type = "auth", token });
        await second.NextAsync("signed_in");
    }

    [Fact]
    public async Task A_session_that_is_over_ends_the_socket_unless_another_one_came_in_time()
    {
        await using var world = await LiveWorld.StartAsync();
        var old = await world.Host.TokenOfAsync(TestWallet.Alice);
        using var forgotten = await LiveClient.ConnectAsync(world.Host, old);
        using var renewed = await LiveClient.ConnectAsync(world.Host, old);
        world.Host.Clock.Now += TimeSpan.FromMinutes(59);
        await renewed.SayAsync(new { type = "auth", token = await world.Host.TokenOfAsync(TestWallet.Alice) });
        await renewed.NextAsync("signed_in");

        world.Host.Clock.Now += TimeSpan.FromMinutes(2);

        (await forgotten.RestAsync())[^1]["data"]!["type"]!.GetValue<string>().ShouldEndWith(":session-over");
        forgotten.CloseStatus.ShouldBe((WebSocketCloseStatus)4401);
        await renewed.SubscribeAsync("wallet");
        (await Should.ThrowAsync<RefusedAtTheDoorException>(() => LiveClient.ConnectAsync(world.Host, old))).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_host_that_stops_tells_its_sockets_to_go_elsewhere_and_waits_for_none()
    {
        await using var world = await LiveWorld.StartAsync();
        var other = await world.AnotherHostAsync();
        using var client = await LiveClient.ConnectAsync(other);
        using var silent = await LiveClient.ConnectAsync(other); // never reads its close
        await client.SubscribeAsync("network");

        var stopping = other.StopAsync();

        (await client.RestAsync())[^1]["data"]!["type"]!.GetValue<string>().ShouldEndWith(":host-stops");
        client.CloseStatus.ShouldBe(WebSocketCloseStatus.EndpointUnavailable);
        await stopping.WaitAsync(TimeSpan.FromSeconds(15));
    }

    [Fact]
    public async Task A_socket_that_watches_nothing_is_not_kept()
    {
        await using var world = await LiveWorld.StartAsync(("IdleSeconds", "1"));
        using var idle = await LiveClient.ConnectAsync(world.Host);

        (await idle.RestAsync()).Single()["data"]!["type"]!.GetValue<string>().ShouldEndWith(":idle");
    }

    [Fact]
    public async Task Who_is_gone_leaves_nothing_behind()
    {
        await using var world = await LiveWorld.StartAsync();
        var hub = world.Host.Services.GetRequiredService<LiveHub>();
        var job = await world.JobAsync();
        using (var client = await LiveClient.ConnectAsync(world.Host, TestWallet.Alice))
        {
            await client.SubscribeAsync($"job:{job}");
            await client.NextAsync("job_status_update");
            await client.SubscribeAsync("network");
            hub.Channels.ShouldBe(2);
            client.Drop();
        }

        await SlowTests.WaitAsync(() => hub is { Sockets: 0, Channels: 0 });
    }

    private static async Task ShouldEndAsync(LiveClient client)
    {
        try
        {
            await client.RestAsync();
        }
        catch (WebSocketException)
        {
            // Cut without a word is an end, too.
        }
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public LiveWorld World { get; private set; } = null!;

        public async Task InitializeAsync() => World = await LiveWorld.StartAsync();

        public async Task DisposeAsync() => await World.DisposeAsync();
    }
}
