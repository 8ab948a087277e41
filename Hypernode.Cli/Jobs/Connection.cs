using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Cli.Config;
using Hypernode.Cli.Nodes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Solana;

namespace Hypernode.Cli.Jobs;

/// <summary>Where a payer's commands ask, and with which key: an option, else what <see cref="Settings"/> say.</summary>
internal static class Connection
{
    public static readonly Option<string?> Api = NodeCommands.Url("--api", "the API's address (default: hn config, else http://127.0.0.1:5080)");
    public static readonly Option<string?> Rpc = NodeCommands.Url("--rpc", "a Solana RPC node's address, trusted to check what the API says (default: hn config, else http://127.0.0.1:8899)");
    public static readonly Option<FileInfo?> Wallet = new("--wallet") { Description = "key file of the wallet that pays (default: hn config)" };
    public static readonly Option<string> Network = new("--network") { Description = "the network's name, as it is signed (default: hn config, else localnet)", DefaultValueFactory = NetworkOf };
    public static readonly Option<string?> Program = new("--program") { Description = "the facilitator's address (default: hn config, else the one of this repository's key)" };
    public static readonly Option<bool> Json = new("--json") { Description = "print one JSON object on stdout; all else goes to stderr" };

    /// <summary>Instead of an id.</summary>
    public const string Last = "last";

    static Connection()
    {
        NodeCommands.Refuse(Wallet, t => File.Exists(t) ? null : $": there is no file {t}");
        NodeCommands.Refuse(Program, t => WalletAddress.TryParse(t, null, out _) ? null : "must be 32 bytes in base58");
    }

    public static Argument<string> JobIdArgument()
    {
        var id = new Argument<string>("ID") { Description = "job-…; or last: the wallet's newest" };
        id.CompletionSources.Add(Last); // ids would need the API at each key press
        id.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && token.Value != Last && !JobId.TryParse(token.Value, null, out _))
            {
                result.AddError("ID must be job- and a UUID in lower case, or last");
            }
        });
        return id;
    }

    /// <exception cref="CliException">The wallet has no job yet.</exception>
    public static async Task<string> JobOfAsync(ApiClient api, string named, CancellationToken cancellationToken) => named != Last ? named
        : (await api.JobsAsync(status: null, limit: 1, cancellationToken))["items"] is JsonArray and [{ } newest, ..] ? newest["jobId"]!.GetValue<string>()
        : throw new CliException("the wallet has no job yet") { ExitCode = ExitCodes.NotFound };

    public static Option<string> Hyper(string name, string description, string? otherwise = null)
    {
        var option = new Option<string>(name) { Description = description, Required = otherwise is null };
        if (otherwise is not null)
        {
            option.DefaultValueFactory = _ => otherwise;
        }

        NodeCommands.Refuse(option, t => HyperAmount.TryParseHyper(t, out var amount) && amount > HyperAmount.Zero ? null : "must be an amount in HYPER of at most 6 decimals");
        return option;
    }

    public static HyperAmount AmountOf(string text) => HyperAmount.TryParseHyper(text, out var amount) ? amount : throw new FormatException(text);

    /// <exception cref="CliException">No wallet is named.</exception>
    public static Account OpenWallet(ParseResult parsed) => KeyFile.Load(
        Settings.Current().Of("wallet", parsed.GetValue(Wallet)?.FullName).Value
            ?? throw new CliException("--wallet FILE is needed (hn wallet new makes one, hn config set wallet FILE keeps it)") { ExitCode = ExitCodes.Usage });

    public static ApiClient OpenApi(ParseResult parsed) => new(Settings.Current().Of("api", parsed.GetValue(Api)).Value!);

    /// <summary>Signed in as the wallet.</summary>
    public static async Task<ApiClient> SignInAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var wallet = OpenWallet(parsed);
        var api = OpenApi(parsed);
        try
        {
            await api.SignInAsync(wallet, cancellationToken);
            return api;
        }
        catch
        {
            api.Dispose();
            throw;
        }
    }

    public static RpcClient RpcOf(ParseResult parsed, HttpClient http) =>
        new(http, new Uri(Settings.Current().Of("rpc", parsed.GetValue(Rpc)).Value!));

    public static ChainView ChainOf(ParseResult parsed, IRpcClient rpc)
    {
        var network = parsed.GetRequiredValue(Network);
        if (Settings.Current().Of("program", parsed.GetValue(Program)).Value is { } given)
        {
            return new ChainView(rpc, new PublicKey(given), network);
        }

        using var key = KeyFile.Load(Path.Combine(Repository.Find().Root, "programs", "keys", "facilitator-keypair.json"));
        return new ChainView(rpc, key.PublicKey, network);
    }

    /// <summary>The one answer on stdout: an object for programs, or its text for people.</summary>
    public static Task AnswerAsync(ParseResult parsed, JsonNode answer, Func<string> describe) =>
        parsed.InvocationConfiguration.Output.WriteLineAsync(parsed.GetValue(Json) ? answer.ToJsonString() : Terminal.Harmless(describe()));

    public static void Handle(Command command, Func<ParseResult, CancellationToken, Task<int>> action) => command.SetAction((parsed, _) =>
        CommandRun.RunAsync(cancellationToken => action(parsed, cancellationToken), ExitCodes.Interrupted));

    private static string NetworkOf(ArgumentResult result)
    {
        try
        {
            return Settings.Current().Of("network").Value!;
        }
        catch (CliException wrong)
        {
            result.AddError(wrong.Message); // as any word of the command line that can't be
            return "";
        }
    }
}
