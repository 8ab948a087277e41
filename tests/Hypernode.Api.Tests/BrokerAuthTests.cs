using System.Net;
using Hypernode.Api.Broker;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Tests;

/// <summary>What RabbitMQ is told about a node. With the broker itself: Host.Tests, BrokerAccessTests.</summary>
public sealed class BrokerAuthTests : IAsyncLifetime
{
    private const string Key = "a-key-of-32-letters-for-the-test";
    private static readonly NodeId Node = NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");
    private static readonly NodeId Other = NodeId.Parse("1f8fad5b-d9cb-469f-a165-70867728950e");
    private readonly Lines _log = new();
    private ApiHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync(
            Settings(), s => s.AddSingleton<ILoggerProvider>(_log));
        await RegisterAsync(Node, TestWallet.Node);
        await RegisterAsync(Other, TestWallet.Bob);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_node_gets_in_with_what_its_own_key_signed_now()
    {
        (await LoginAsync(Node, Token(Node, TestWallet.Node))).ShouldBe("allow");
        (await LoginAsync(Other, Token(Other, TestWallet.Bob))).ShouldBe("allow");
    }

    [Fact]
    public async Task Another_key_node_network_time_or_purpose_does_not_open_the_door()
    {
        (await LoginAsync(Node, Token(Node, TestWallet.Bob))).ShouldBe("deny", "another key");
        (await LoginAsync(Other, Token(Node, TestWallet.Node))).ShouldBe("deny", "another node's token");
        (await LoginAsync(Node, Token(Node, TestWallet.Node, network: "mainnet"))).ShouldBe("deny", "another network's");
        (await LoginAsync(Node, Token(Node, TestWallet.Node, ago: TimeSpan.FromSeconds(301)))).ShouldBe("deny", "replayed after its time");
        (await LoginAsync(Node, Token(Node, TestWallet.Node, ago: TimeSpan.FromSeconds(-301)))).ShouldBe("deny", "made for later");
        var now = _host.Clock.Now.ToUnixTimeMilliseconds();
        (await LoginAsync(Node, new BrokerToken(now, TestWallet.Node.Sign($"HYPERNODE Node Registration\n\nNetwork: localnet\nNode ID: {Node}\nTimestamp: {now}")).Password))
            .ShouldBe("deny", "signed for another purpose");
        var good = Token(Node, TestWallet.Node);
        (await LoginAsync(Node, good.Replace($"{now}", $"{now + 1}", StringComparison.Ordinal))).ShouldBe("deny", "another time than was signed");
        (await LoginAsync(new NodeId(Guid.Empty), good)).ShouldBe("deny", "an unknown node");
        (await AskAsync("user", ("username", $"node.{Node}"))).ShouldBe("deny", "no password");
        (await AskAsync("user", ("username", $"node.{Node}"), ("password", ""))).ShouldBe("deny");
        (await AskAsync("user", ("username", $"node.{Node}"), ("username", $"node.{Node}"), ("password", good))).ShouldBe("deny", "two users");
        (await AskAsync("user", ("username", "hypernode"), ("password", good))).ShouldBe("deny");
        (await AskAsync("user", ("username", $"NODE.{Node}"), ("password", good))).ShouldBe("deny");
        (await AskAsync("user")).ShouldBe("deny");
    }

    [Theory]
    [InlineData(NodeStatus.Active, "allow")]
    [InlineData(NodeStatus.Draining, "allow")]
    [InlineData(NodeStatus.Offline, "allow")]
    [InlineData(NodeStatus.Jailed, "deny")]
    [InlineData(NodeStatus.Slashed, "deny")]
    [InlineData(NodeStatus.Retired, "deny")]
    public async Task A_revoked_node_is_refused_in_every_question(NodeStatus status, string answer)
    {
        _host.Nodes.All[Node] = _host.Nodes.All[Node] with { Status = status };
        var user = ("username", $"node.{Node}");

        (await LoginAsync(Node, Token(Node, TestWallet.Node))).ShouldBe(answer);
        (await AskAsync("vhost", user, ("vhost", "nodes"), ("ip", "127.0.0.1"))).ShouldBe(answer);
        (await AskAsync("resource", user, ("vhost", "nodes"), ("resource", "queue"), ("name", $"node.{Node}"), ("permission", "read"))).ShouldBe(answer);
        (await AskAsync("topic", user, ("vhost", "nodes"), ("resource", "topic"), ("name", "nodes.ingress"), ("permission", "write"), ("routing_key", $"node.{Node}.beat")))
            .ShouldBe(answer);
    }

    [Theory]
    [InlineData("vhost", "nodes", "", "", "", "allow")]
    [InlineData("vhost", "/", "", "", "", "deny")]
    [InlineData("resource", "/", "queue", "node.{0}", "read", "deny")]
    [InlineData("resource", "nodes", "queue", "node.{0}", "read", "allow")]
    [InlineData("resource", "nodes", "queue", "node.{0}", "write", "deny")]
    [InlineData("resource", "nodes", "queue", "node.{0}", "configure", "deny")]
    [InlineData("resource", "nodes", "queue", "node.{0}x", "read", "deny")]
    [InlineData("resource", "nodes", "queue", "node.1f8fad5b-d9cb-469f-a165-70867728950e", "read", "deny")]
    [InlineData("resource", "nodes", "queue", "nodes.ingress", "read", "deny")]
    [InlineData("resource", "nodes", "queue", "hypernode.jobs.0", "read", "deny")]
    [InlineData("resource", "nodes", "exchange", "nodes.ingress", "write", "allow")]
    [InlineData("resource", "nodes", "exchange", "nodes.ingress", "read", "deny")]
    [InlineData("resource", "nodes", "exchange", "nodes.ingress", "configure", "deny")]
    [InlineData("resource", "nodes", "exchange", "amq.default", "write", "deny")]
    [InlineData("resource", "nodes", "exchange", "", "write", "deny")]
    [InlineData("resource", "nodes", "exchange", "nodes.commands", "write", "deny")]
    [InlineData("resource", "nodes", "exchange", "hypernode.jobs.0", "write", "deny")]
    [InlineData("resource", "nodes", "topic", "nodes.ingress", "write", "deny")]
    [InlineData("other", "nodes", "queue", "node.{0}", "read", "deny")]
    [InlineData("user", "nodes", "queue", "node.{0}", "read", "deny")]
    public async Task A_node_may_do_two_things_and_nothing_else(string question, string vhost, string resource, string name, string permission, string answer) =>
        (await AskAsync(
            question, ("username", $"node.{Node}"), ("vhost", vhost), ("resource", resource), ("name", string.Format(null, name, Node)), ("permission", permission), ("tags", "administrator")))
        .ShouldBe(answer);

    [Theory]
    [InlineData("node.{0}", true)]
    [InlineData("node.{0}.beat", true)]
    [InlineData("node.{0}x.beat", false)]
    [InlineData("node.1f8fad5b-d9cb-469f-a165-70867728950e.beat", false)]
    [InlineData("", false)]
    [InlineData("#", false)]
    public void A_routing_key_is_the_nodes_own(string key, bool own)
    {
        BrokerRules.MayRoute(Node, "nodes.ingress", "write", string.Format(null, key, Node)).ShouldBe(own);
        BrokerRules.MayRoute(Node, "nodes.ingress", "read", string.Format(null, key, Node)).ShouldBeFalse();
        BrokerRules.MayRoute(Node, "amq.topic", "write", string.Format(null, key, Node)).ShouldBeFalse();
    }

    [Fact]
    public async Task Who_does_not_know_the_key_finds_nothing_there()
    {
        foreach (var path in new[] { "/broker-auth/x/user", $"/broker-auth/{Key}x/user", $"/broker-auth/{Key[1..]}/user", "/broker-auth", $"/broker-auth/{Key}" })
        {
            var answer = await _host.Anonymous.PostAsync(path, Form(("username", $"node.{Node}"), ("password", Token(Node, TestWallet.Node))));
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
            (await _host.Anonymous.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }

        (await _host.Anonymous.GetStringAsync("/openapi/v1.json")).ShouldNotContain("broker-auth");
    }

    [Fact]
    public async Task Without_a_key_in_the_settings_there_is_no_such_route()
    {
        await using var host = await ApiHost.StartAsync();
        (await host.Anonymous.PostAsync($"/broker-auth/{Key}/user", Form())).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await host.Anonymous.PostAsync("/broker-auth//user", Form())).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task What_can_not_be_known_is_refused_and_no_log_line_holds_a_secret()
    {
        var good = Token(Node, TestWallet.Node);
        (await SaidAsync(await _host.Anonymous.GetAsync($"/broker-auth/{Key}/user?username=node.{Node}&password={good}"))).ShouldBe("deny", "asked by GET");
        (await SaidAsync(await _host.Anonymous.PostAsync($"/broker-auth/{Key}/user", ApiHost.Json("{}")))).ShouldBe("deny", "not a form");
        _host.Nodes.Away = new StorageUnavailableException(StorageCondition.Unreachable, "it is away");
        (await LoginAsync(Node, good)).ShouldBe("deny", "the storage is away");
        _host.Nodes.Away = new InvalidOperationException("a bug");
        (await LoginAsync(Node, good)).ShouldBe("deny");
        _host.Nodes.Away = null;
        (await LoginAsync(Node, Token(Node, TestWallet.Bob))).ShouldBe("deny");
        (await LoginAsync(Node, good)).ShouldBe("allow", "it is back");

        _log.All.ShouldContain(l => l.Contains("can't be known"));
        _log.All.ShouldContain(l => l.Contains("wrong-signature"));
        _log.All.ShouldAllBe(l => !l.Contains(Key) && !l.Contains(good));
    }

    [Fact]
    public async Task A_node_is_told_its_broker_and_a_list_does_not_repeat_it()
    {
        (await ApiHost.JsonOfAsync(await _host.Anonymous.GetAsync($"/api/nodes/{Node}")))["broker"]!.GetValue<string>().ShouldBe("amqps://broker.example/nodes");
        (await _host.Anonymous.GetStringAsync("/api/nodes")).ShouldNotContain("broker");
        await using var without = await ApiHost.StartAsync();
        without.Nodes.All[Node] = _host.Nodes.All[Node];
        (await ApiHost.JsonOfAsync(await without.Anonymous.GetAsync($"/api/nodes/{Node}")))["broker"].ShouldBeNull();
    }

    [Theory]
    [InlineData("NodeBroker", "amqps://node:hunter2@broker.example/")]
    [InlineData("NodeBroker", "https://broker.example/")]
    [InlineData("NodeBroker", "")]
    [InlineData("BrokerAuthKey", "short")]
    [InlineData("BrokerAuthKey", "a-key-with-a-slash/and-a-slash/and-more")]
    public async Task Settings_that_would_leave_a_door_open_stop_the_host(string name, string value)
    {
        var settings = Settings();
        settings[$"Hypernode:Api:{name}"] = value;
        var stopped = await Should.ThrowAsync<OptionsValidationException>(() => ApiHost.StartAsync(settings));
        stopped.Message.ShouldContain("Hypernode:Api:");
        stopped.Message.ShouldNotContain("hunter2");
    }

    private static Dictionary<string, string?> Settings() => new(StringComparer.Ordinal)
    {
        ["Hypernode:Api:BrokerAuthKey"] = Key,
        ["Hypernode:Api:NodeBroker"] = "amqps://broker.example/nodes",
    };

    private Task RegisterAsync(NodeId id, TestWallet key) => _host.Nodes.RegisterAsync(
        new NodeRegistration(id, key.Address, TestWallet.Alice.Address, "box", new NodeOffer(1, 1_000, 512, new(1), [], []), 0), _host.Clock.Now, default);

    private string Token(NodeId node, TestWallet key, string network = "localnet", TimeSpan ago = default)
    {
        var at = (_host.Clock.Now - ago).ToUnixTimeMilliseconds();
        return new BrokerToken(at, key.Sign(BrokerToken.SigningText(network, node, at))).Password;
    }

    private Task<string> LoginAsync(NodeId node, string password) => AskAsync("user", ("username", $"node.{node}"), ("password", password));

    private async Task<string> AskAsync(string question, params (string Name, string Value)[] fields) =>
        await SaidAsync(await _host.Anonymous.PostAsync($"/broker-auth/{Key}/{question}", Form(fields)));

    private static async Task<string> SaidAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync();
    }

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));

    /// <summary>Every line that the API itself logged, exceptions and all. (The framework's lines on requests the host switches off for good.)</summary>
    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Hypernode.", StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
