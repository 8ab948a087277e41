using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.NodeAgent.Adapters.Machine;
using Hypernode.Solana;

namespace Hypernode.Cli.Nodes;

/// <summary><c>hn node join</c>: from a machine to a node that takes jobs. Running it again mends what is missing and changes nothing else.</summary>
internal static class JoinCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly Option<DirectoryInfo> Data = NodeCommands.Data();
    private static readonly Option<string?> Api = NodeCommands.Url("--api", "the API's address (needed the first time)");
    private static readonly Option<string?> Rpc = NodeCommands.Url("--rpc", "a Solana RPC node's address (needed the first time)");
    private static readonly Option<string?> Network = new("--network") { Description = "the network's name, as it is signed (default: as joined, else localnet)" };
    private static readonly Option<string?> Registry = new("--registry") { Description = "the node registry's address (default: the one of this repository's key)" };
    private static readonly Option<FileInfo?> Wallet = new("--wallet") { Description = "key file of the wallet that owns the node and is paid" };
    private static readonly Option<string?> Authority = new("--authority") { Description = "address of the wallet, with --unsigned" };
    private static readonly Option<bool> Unsigned = new("--unsigned") { Description = "print what the wallet has to sign elsewhere, in base64, instead of signing it" };
    private static readonly Option<string?> AuthoritySignature = new("--authority-signature") { Description = "the wallet's signature over the registration text, base58" };
    private static readonly Option<long?> Timestamp = new("--timestamp") { Description = "the registration text's timestamp in ms, with --authority-signature" };
    private static readonly Option<string> Stake = new("--stake") { Description = "HYPER at stake: 100, 1000, 10000 or 100000 allow 1, 3, 10 or any number of jobs at once", DefaultValueFactory = _ => "100" };
    private static readonly Option<string?> Price = new("--price") { Description = "HYPER a second of one slot (default: as published, else 0.002)" };
    private static readonly Option<int?> Slots = new("--slots") { Description = "jobs at once (default: as published, else one for each GPU, else 1); GPUs are shared out among them" };
    private static readonly Option<int?> Cpu = new("--cpu-millis") { Description = "thousandths of a core for each slot (default: all cores shared out)" };
    private static readonly Option<int?> Memory = new("--memory-mb") { Description = "MiB for each slot (default: four fifths of the memory shared out)" };
    private static readonly Option<string[]> Image = new("--image") { Description = "run only this image (repeatable): name@sha256:… or sha256:…" };
    private static readonly Option<string?> NetworkModes = new("--network-modes") { Description = "what jobs may reach, where they ask for it: none, allowlist, full or allowlist,full (default: as published, else none)" };
    private static readonly Option<string?> Hostname = new("--hostname") { Description = "what the operator calls the machine; never published" };
    private static readonly Option<string?> Broker = new("--broker") { Description = "amqps://host/vhost, without user or password (default: as the API says)" };
    private static readonly Option<DirectoryInfo?> Blobs = new("--blobs") { Description = "folder of inputs and outputs that the control plane shares, on its own machine (default: they go over the API)" };
    private static readonly Option<string?> Engine = new("--engine") { Description = "the engine's socket, unix:///…" };
    private static readonly Option<int> Measure = new("--benchmark-ms") { Description = "how long each figure is measured", DefaultValueFactory = _ => 300 };
    private static readonly Option<bool> NoStart = new("--no-start") { Description = "do not start the agent" };
    private static readonly Option<bool> AsJson = new("--json") { Description = "print one JSON object on stdout; implies --no-start" };

    public static Command Create()
    {
        var command = new Command(
            "join",
            """
            Make this machine a node: key, stake, offer, settings; then start its agent. What is right already stays as it is.

            Examples:
              ./hn node join --api http://127.0.0.1:5080 --rpc http://127.0.0.1:8899 --wallet wallet.json --no-start
              ./hn node join --api https://api.example --rpc https://rpc.example --network mainnet --wallet wallet.json \
                             --stake 1000 --slots 3 --price 0.005
              ./hn node join --wallet wallet.json --price 0.004             changes the price, and nothing else
              ./hn node join … --unsigned --authority ADDRESS --json | jq -r .transaction
            """)
        {
            Data, Api, Rpc, Network, Registry, Wallet, Authority, Unsigned, AuthoritySignature, Timestamp, Stake, Price, Slots, Cpu, Memory, Image,
            NetworkModes, Hostname, Broker, Blobs, Engine, Measure, NoStart, AsJson,
        };
        Validate();
        command.SetAction((parsed, _) => CommandRun.RunAsync(cancellationToken => RunAsync(parsed, cancellationToken), interrupted: 130));
        return command;
    }

    private static void Validate()
    {
        NodeCommands.Refuse(Registry, Address);
        NodeCommands.Refuse(Authority, Address);
        NodeCommands.Refuse(AuthoritySignature, t => Contracts.Text.Base58.TryDecode(t, out var bytes) && bytes.Length == 64 ? null : "must be 64 bytes in base58");
        NodeCommands.Refuse(Wallet, t => File.Exists(t) ? null : $": there is no file {t}");
        NodeCommands.Refuse(Stake, Hyper);
        NodeCommands.Refuse(Price, Hyper);
        NodeCommands.Refuse(Slots, t => Within(t, 1, 64));
        NodeCommands.Refuse(Cpu, t => Within(t, 10, 1_024_000));
        NodeCommands.Refuse(Memory, t => Within(t, 16, 16_777_216));
        NodeCommands.Refuse(NetworkModes, t => ModesOf(t) is null ? "must be none, allowlist, full or allowlist,full" : null);
        NodeCommands.Refuse(Measure, t => Within(t, 1, 60_000));
        NodeCommands.Refuse(Engine, t => t.StartsWith("unix:///", StringComparison.Ordinal) ? null : "must be unix:///…");
        NodeCommands.Refuse(Image, t => NodeAgent.Execution.ImageReference.TryParse(t, out _) ? null : "must be name@sha256:… or sha256:…");

        // Who puts a password into it is not quoted.
        NodeCommands.Refuse(Broker, t => Uri.TryCreate(t, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps" && uri.UserInfo.Length == 0
            ? null
            : "must be amqps://host/vhost, without user or password: the node's key makes those");
    }

    /// <summary>Null: it is none of the four.</summary>
    private static IReadOnlyList<NetworkMode>? ModesOf(string text) => text switch
    {
        "none" => [],
        "allowlist" => [NetworkMode.Allowlist],
        "full" => [NetworkMode.Full],
        "allowlist,full" => [NetworkMode.Allowlist, NetworkMode.Full],
        _ => null,
    };

    private static string? Address(string text) => WalletAddress.TryParse(text, null, out _) ? null : "must be 32 bytes in base58";

    private static string? Hyper(string text) => HyperAmount.TryParseHyper(text, out _) ? null : "must be an amount in HYPER of at most 6 decimals";

    private static string? Within(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? null : $"must be {least} to {most}";

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var plan = PlanOf(parsed);
        var report = await JoinAsync(plan, cancellationToken);
        var json = parsed.GetValue(AsJson);
        await Console.Out.WriteLineAsync(json ? JsonSerializer.Serialize(report, Json) : Describe(report));
        var toSign = report.Transaction is not null || report.RegistrationText is not null;
        return json || toSign || parsed.GetValue(NoStart) ? 0 : await StartAsync(plan, cancellationToken);
    }

    internal static async Task<JoinReport> JoinAsync(JoinPlan plan, CancellationToken cancellationToken)
    {
        var options = plan.Folder.Options();
        options.EngineHost = plan.Engine ?? options.EngineHost;
        using var machine = new LocalMachine(options);
        using var api = new ApiClient(plan.Api);
        using var http = new HttpClient();
        return await new Joining(plan, machine, api, new RpcClient(http, new Uri(plan.Rpc)), new SystemIds(), TimeProvider.System).RunAsync(cancellationToken);
    }

    internal static JoinPlan PlanOf(ParseResult parsed)
    {
        var wallet = parsed.GetValue(Wallet)?.FullName;
        var authority = parsed.GetValue(Authority);
        if (parsed.GetValue(Unsigned) ? authority is null || wallet is not null : wallet is null)
        {
            throw new CliException("--wallet FILE signs here; --unsigned with --authority ADDRESS prints what the wallet signs elsewhere: one of the two");
        }

        if (parsed.GetValue(AuthoritySignature) is null != parsed.GetValue(Timestamp) is null)
        {
            throw new CliException("--authority-signature and --timestamp belong together");
        }

        var folder = new NodeFolder(parsed.GetRequiredValue(Data).FullName);
        var home = folder.Home();
        return new JoinPlan(
            folder,
            parsed.GetValue(Api) ?? home?.Api ?? throw new CliException("--api URL is needed the first time"),
            parsed.GetValue(Rpc) ?? home?.Rpc ?? throw new CliException("--rpc URL is needed the first time"),
            parsed.GetValue(Network) ?? home?.Network ?? "localnet",
            RegistryAddress(parsed.GetValue(Registry) ?? home?.Registry),
            wallet,
            authority is null ? null : new PublicKey(authority),
            parsed.GetValue(AuthoritySignature),
            parsed.GetValue(Timestamp),
            Amount(parsed.GetRequiredValue(Stake)),
            parsed.GetValue(Price) is { } price ? Amount(price) : null,
            parsed.GetValue(Slots),
            parsed.GetValue(Cpu),
            parsed.GetValue(Memory),
            parsed.GetValue(Image) ?? [],
            parsed.GetValue(Hostname),
            parsed.GetValue(Broker),
            parsed.GetValue(Blobs)?.FullName,
            parsed.GetValue(Engine),
            TimeSpan.FromMilliseconds(parsed.GetValue(Measure)),
            parsed.GetValue(NetworkModes) is { } modes ? ModesOf(modes) : null);
    }

    private static HyperAmount Amount(string text) => HyperAmount.TryParseHyper(text, out var amount) ? amount : throw new FormatException(text);

    private static PublicKey RegistryAddress(string? given)
    {
        if (given is not null)
        {
            return new PublicKey(given);
        }

        using var key = KeyFile.Load(Path.Combine(Repository.Find().Root, "programs", "keys", "node_registry-keypair.json"));
        return key.PublicKey;
    }

    private static async Task<int> StartAsync(JoinPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Folder.Options().Broker.Length == 0)
        {
            throw new CliException("--broker: the agent gets its jobs from there, and the API names none; ask the network's operator, or --no-start for now");
        }

        var repository = Repository.Find();
        await using var guard = CleanupGuard.Start(repository);
        CommandRun.Say("starting the agent; Ctrl-C ends it");
        return await Foreground.RunAsync(
            "dotnet", [repository.AgentProgram, "--config", plan.Folder.SettingsFile, "--plain"], new Dictionary<string, string>(), guard, cancellationToken);
    }

    private static string Describe(JoinReport report) => string.Join('\n', ((string?[])
    [
        $"node {report.NodeId}, earning for {report.Authority}",
        .. report.Steps.Select(s => $"  {(s.Changed ? "done" : "kept")}  {s.Step,-10} {s.Detail}"),
        report.Changed ? null : "nothing was changed",
        report.Transaction is { } transaction ? $"\nthe wallet signs and sends this transaction (base64), soon:\n{transaction}" : null,
        report.RegistrationText is { } text ? $"\nthe wallet signs this text within five minutes (--timestamp {report.TimestampMs}):\n{text}" : null,
    ]).OfType<string>());
}
