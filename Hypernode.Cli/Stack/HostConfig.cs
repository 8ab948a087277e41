using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hypernode.Cli.Stack;

/// <summary>Writes the settings files of the programs that we start. They hold passwords, so they are for their owner alone.</summary>
internal static class HostConfig
{
    public static JsonObject Embedded(StackPlan plan, IReadOnlyList<AgentNode> agents, string? engineHost, string localnet)
    {
        var config = Common(plan, "memory");
        config["Storage"] = new JsonObject
        {
            ["Provider"] = "sqlite",
            ["Path"] = Path.Combine(plan.DataPath, "hypernode.db"),
            ["BlobPath"] = Blobs(plan),
        };
        config["Localnet"] = new JsonObject
        {
            ["Start"] = true,
            ["DataPath"] = Path.Combine(plan.DataPath, "ledger"),
            ["SlotMs"] = plan.SlotMs,
            ["Script"] = localnet,
        };
        config["Agent"] = AgentDefaults(plan, engineHost);
        config["Agents"] = new JsonArray([.. agents.Select(a => (JsonNode)new JsonObject
        {
            ["Name"] = a.Plan.Name,
            ["NodeId"] = a.Id.ToString(),
            ["KeyPath"] = a.NodeKeyPath,
            ["DataPath"] = Path.Combine(a.Folder, "data"),
            ["Slots"] = a.Plan.Slots,
            ["Behaviour"] = Behaviour(a),
        })]);
        return Wrap(config);
    }

    public static JsonObject Services(StackPlan plan, ServicesEndpoint services, string rpc, string ws)
    {
        var config = Common(plan, "rabbitmq");
        config["RabbitMq"] = new JsonObject { ["Uri"] = services.RabbitMq, ["ManagementUri"] = services.Management };
        config["Storage"] = new JsonObject
        {
            ["Provider"] = "postgres",
            ["ConnectionString"] = services.Postgres,
            ["BlobPath"] = Blobs(plan),
        };
        config["Localnet"] = new JsonObject { ["Start"] = false };
        var chain = (JsonObject)config["Chain"]!;
        chain["RpcUrl"] = rpc;
        chain["WsUrl"] = ws;
        return Wrap(config);
    }

    /// <summary>The same for the API, which alone answers the broker's questions about nodes.</summary>
    public static JsonObject Api(StackPlan plan, ServicesEndpoint services, string rpc, string ws)
    {
        var config = Services(plan, services, rpc, ws);
        var api = (JsonObject)config["Hypernode"]!["Api"]!;
        api["NodeBroker"] = services.NodeBroker;
        api["BrokerAuthKey"] = services.BrokerAuthKey;
        return config;
    }

    /// <summary>A chain alone, for the host's <c>chain</c> command.</summary>
    public static JsonObject Chain(string rpc, string keys, int walletHyper) => Wrap(new JsonObject
    {
        ["Chain"] = new JsonObject { ["RpcUrl"] = rpc, ["Network"] = "localnet", ["KeysPath"] = keys, ["DemoWalletHyper"] = walletHyper },
    });

    /// <summary>Of an agent that is a process of its own.</summary>
    public static JsonObject Agent(StackPlan plan, AgentNode agent, string api, string broker, string network, string? engineHost)
    {
        var config = AgentDefaults(plan, engineHost);
        config["NodeId"] = agent.Id.ToString();
        config["DataFolder"] = Path.Combine(agent.Folder, "data");
        config["Slots"] = agent.Plan.Slots;
        config["Behaviour"] = Behaviour(agent);
        config["KeyFile"] = agent.NodeKeyPath;
        config["Api"] = api;
        config["Broker"] = broker;
        config["Network"] = network;
        return Wrap(new JsonObject { ["Agent"] = config });
    }

    public static void Write(string path, JsonObject config)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        using var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        config.WriteTo(writer);
    }

    private static JsonObject Wrap(JsonObject config) => new() { ["Hypernode"] = config };

    private static string Blobs(StackPlan plan) => Path.Combine(plan.DataPath, "blobs");

    private static string Behaviour(AgentNode agent) => agent.Plan.Lies ? "SimulatedLiar" : "Honest";

    private static JsonObject Common(StackPlan plan, string transport)
    {
        var windows = plan.Windows;
        var api = new JsonObject
        {
            ["TokenKeyFile"] = Path.Combine(plan.DataPath, "keys", "token.key"),
            ["FollowMilliseconds"] = 100,
        };
        if (plan.IntentLifetimeSeconds is { } lifetime)
        {
            api["IntentLifetimeSeconds"] = lifetime;
        }

        return new JsonObject
        {
            ["Host"] = new JsonObject { ["Url"] = plan.Url, ["DataPath"] = plan.DataPath, ["Transport"] = transport },
            ["Chain"] = new JsonObject { ["KeysPath"] = Path.Combine(plan.DataPath, "keys"), ["Network"] = "localnet" },
            ["Windows"] = new JsonObject
            {
                [nameof(windows.MatchSeconds)] = windows.MatchSeconds,
                [nameof(windows.StartPatienceSeconds)] = windows.StartPatienceSeconds,
                [nameof(windows.VerificationSeconds)] = windows.VerificationSeconds,
                [nameof(windows.MaxAttempts)] = windows.MaxAttempts,
                [nameof(windows.StepSeconds)] = windows.StepSeconds,
                [nameof(windows.MatchRetrySeconds)] = windows.MatchRetrySeconds,
                [nameof(windows.RefundGraceSeconds)] = windows.RefundGraceSeconds,
                [nameof(windows.SilenceSeconds)] = windows.SilenceSeconds,
                [nameof(windows.MaxSilenceSeconds)] = windows.MaxSilenceSeconds,
            },
            ["Api"] = api,
        };
    }

    private static JsonObject AgentDefaults(StackPlan plan, string? engineHost) => new()
    {
        ["Runtime"] = plan.Runtime.ToString(),
        ["AllowUnsandboxed"] = plan.Runtime == JobRuntime.Process,
        ["EngineHost"] = engineHost ?? "",
        ["AllowSimulations"] = plan.Agents.Any(a => a.Lies),

        // Without root there is no hard quota for /out; on one's own machine watching it is enough.
        ["AllowWatchedOutput"] = true,
    };
}
