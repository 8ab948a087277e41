using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Solana.Tests.Localnet;

namespace Hypernode.Solana.Tests;

/// <summary>A node whose subscriptions break, refuse, and talk nonsense.</summary>
public class SignatureSocketTests
{
    [Fact]
    public async Task It_can_be_disposed_of_twice()
    {
        var socket = new SignatureSocket(new Uri("ws://127.0.0.1:1"));
        await socket.DisposeAsync();
        await Should.NotThrowAsync(async () => await socket.DisposeAsync());
    }

    [Fact]
    public async Task A_notification_fires_the_signal_and_only_that_one()
    {
        await using var node = new FakeSubscriptions();
        await using var socket = new SignatureSocket(node.Address);
        using var one = socket.Watch("one", Commitment.Confirmed);
        using var two = socket.Watch("two", Commitment.Finalized);
        await Task.WhenAll(one.Ready, two.Ready).WaitAsync(TimeSpan.FromSeconds(20));
        node.Asked.ShouldContain(a => a.Contains("\"one\"") && a.Contains("confirmed"));
        node.Asked.ShouldContain(a => a.Contains("\"two\"") && a.Contains("finalized"));
        (one.IsLive, one.Fired.IsCompleted).ShouldBe((true, true), "ask once: what came before the subscription stood");

        one.Rearm();
        two.Rearm();
        await node.NotifyAsync("one");
        await one.Fired.WaitAsync(TimeSpan.FromSeconds(20));
        (one.IsLive, two.IsLive, two.Fired.IsCompleted).ShouldBe((false, true, false));
    }

    [Fact]
    public async Task After_a_break_everything_is_subscribed_to_again_and_everybody_asks()
    {
        await using var node = new FakeSubscriptions();
        await using var socket = new SignatureSocket(node.Address);
        using var signal = socket.Watch("one", Commitment.Confirmed);
        await signal.Ready.WaitAsync(TimeSpan.FromSeconds(20));
        signal.Rearm();
        await node.BreakAsync();
        await signal.Fired.WaitAsync(TimeSpan.FromSeconds(20));
        await Eventually.Async(() => Task.FromResult(signal.IsLive && node.Asked.Count(a => a.Contains("\"one\"")) >= 2), "it is subscribed to again");
    }

    [Fact]
    public async Task Nonsense_is_survived_and_a_refusal_leaves_it_to_the_polls()
    {
        await using var node = new FakeSubscriptions { Refuse = true };
        await using var socket = new SignatureSocket(node.Address);
        using var refused = socket.Watch("one", Commitment.Confirmed);
        await Eventually.Async(() => Task.FromResult(node.Asked.Count >= 1), "it was asked");
        foreach (var nonsense in (string[])["", "[]", "{\"method\":7}", "{\"method\":\"signatureNotification\"}", "{\"id\":\"x\"}", "nonsense"])
        {
            await node.SayAsync(nonsense);
        }

        node.Refuse = false;
        using var next = socket.Watch("two", Commitment.Confirmed);
        await next.Ready.WaitAsync(TimeSpan.FromSeconds(20));
        refused.IsLive.ShouldBeFalse();
    }

    private sealed class FakeSubscriptions : IAsyncDisposable
    {
        private readonly HttpListener listener = new();
        private readonly Task running;
        private readonly Dictionary<string, int> ids = [];
        private readonly List<string> asked = [];
        private WebSocket? socket;
        private int last;

        public FakeSubscriptions()
        {
            using (var free = new TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                Address = new Uri($"ws://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/");
            }

            listener.Prefixes.Add($"http://127.0.0.1:{Address.Port}/");
            listener.Start();
            running = RunAsync();
        }

        public Uri Address { get; }

        public bool Refuse { get; set; }

        public IReadOnlyList<string> Asked
        {
            get
            {
                lock (asked)
                {
                    return [.. asked];
                }
            }
        }

        public Task BreakAsync() => socket!.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "going away", CancellationToken.None);

        public Task NotifyAsync(string signature) => SayAsync(
            $$$"""{"jsonrpc":"2.0","method":"signatureNotification","params":{"result":{"context":{"slot":1},"value":{"err":null}},"subscription":{{{ids[signature]}}}}}""");

        public Task SayAsync(string text) => socket!.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

        public async ValueTask DisposeAsync()
        {
            listener.Close();
            socket?.Abort();
            await running;
        }

        private async Task RunAsync()
        {
            while (true)
            {
                try
                {
                    var context = await listener.GetContextAsync();
                    socket = (await context.AcceptWebSocketAsync(null)).WebSocket;
                    await ServeAsync(socket);
                }
                catch (Exception e) when (e is WebSocketException or OperationCanceledException or HttpListenerException or ObjectDisposedException)
                {
                    if (!listener.IsListening)
                    {
                        return;
                    }
                }
            }
        }

        private async Task ServeAsync(WebSocket served)
        {
            var buffer = new byte[4_096];
            while (true)
            {
                var received = await served.ReceiveAsync(buffer, CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                var text = Encoding.UTF8.GetString(buffer, 0, received.Count);
                var request = JsonNode.Parse(text)!;
                if (request["method"]!.GetValue<string>() == "signatureSubscribe")
                {
                    ids[request["params"]![0]!.GetValue<string>()] = ++last;
                }

                lock (asked)
                {
                    asked.Add(text);
                }

                await SayAsync(Refuse
                    ? $$$"""{"jsonrpc":"2.0","id":{{{request["id"]}}},"error":{"code":-32603,"message":"too many"}}"""
                    : $$$"""{"jsonrpc":"2.0","id":{{{request["id"]}}},"result":{{{last}}}}""");
            }
        }
    }
}
