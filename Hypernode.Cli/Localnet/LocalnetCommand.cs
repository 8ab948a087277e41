using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Localnet;

/// <summary><c>hn localnet</c>: a Solana node of one's own with everything on it that a client of Hypernode needs.</summary>
internal static class LocalnetCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "JSON-RPC over HTTP; subscriptions over WebSocket are one port up; 0 takes free ones", DefaultValueFactory = _ => 8899 };
        var json = new Option<bool>("--json") { Description = "when ready, print every address as one JSON object on stdout; all else goes to stderr" };
        var data = new Option<DirectoryInfo?>("--data") { Description = "keep ledger and keys in this folder (default: a temporary one that goes with the chain)" };
        var slot = new Option<int>("--slot-ms") { Description = "a slot, in milliseconds", DefaultValueFactory = _ => 400 };
        var hyper = new Option<int>("--hyper") { Description = "HYPER that the wallet gets", DefaultValueFactory = _ => 10_000 };
        var faults = new Option<bool>("--faults") { Description = "allow localnet_faults: transactions that are dropped, or whose answer is lost" };
        var controls = new Option<bool>("--controls") { Description = "allow localnet_warp and localnet_setAccount" };
        var finality = new Option<int>("--finalized-after") { Description = "slots from a block to its finality", DefaultValueFactory = _ => 32 };
        finality.Validators.Add(result => InRange(result, 1, 100_000, "--finalized-after"));
        port.Validators.Add(result => InRange(result, 0, 65_534, "--port"));
        slot.Validators.Add(result => InRange(result, 5, 60_000, "--slot-ms"));
        hyper.Validators.Add(result => InRange(result, 0, 1_000_000, "--hyper"));
        var command = new Command(
            "localnet",
            """
            Run a local Solana node with Hypernode's programs deployed, the mints made and the config initialised, until Ctrl-C.

            Examples:
              ./hn localnet                                       at Solana's usual ports 8899 and 8900, forgetting everything
              ./hn localnet --data .hypernode/localnet            goes on where it ended
              ./hn localnet --port 0 --json | jq -r .programs.facilitator
            """)
        {
            port, json, data, slot, finality, hyper, faults, controls,
        };
        command.SetAction((parsed, _) => RunAsync(
            new LocalnetPlan(
                parsed.GetValue(port), parsed.GetValue(data)?.FullName, parsed.GetValue(slot), parsed.GetValue(hyper), parsed.GetValue(faults), parsed.GetValue(controls), parsed.GetValue(finality)),
            parsed.GetValue(json)));
        return command;
    }

    private static Task<int> RunAsync(LocalnetPlan plan, bool json) => CommandRun.RunAsync(async cancellationToken =>
    {
        var repository = Repository.Find();
        await using var guard = CleanupGuard.Start(repository);
        await using var chain = await RunningLocalnet.StartAsync(repository, plan, guard, TimeProvider.System, CommandRun.Say, cancellationToken);
        await Console.Out.WriteLineAsync(json ? chain.Addresses.ToJsonString() : Describe(chain.Addresses));
        await Console.Out.FlushAsync(cancellationToken);
        CommandRun.Say("Ctrl-C ends it");
        await chain.EndedAsync(cancellationToken);
        await Console.Error.WriteLineAsync($"hn: the localnet ended by itself:\n{chain.Tail()}");
        return 1;
    });

    /// <summary>The same object, a line a value: for people.</summary>
    internal static string Describe(JsonObject addresses) => string.Join('\n', Lines(addresses, ""));

    private static IEnumerable<string> Lines(JsonNode? node, string name) => node switch
    {
        JsonObject inner => inner.SelectMany(p => Lines(p.Value, name.Length == 0 ? p.Key : $"{name}.{p.Key}")),
        JsonArray list => list.SelectMany((value, i) => Lines(value, $"{name}.{i + 1}")),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => [$"{name,-24}{value.GetValue<string>()}"],
        _ => [$"{name,-24}{node?.ToJsonString()}"],
    };

    private static void InRange(System.CommandLine.Parsing.OptionResult result, int least, int most, string name)
    {
        // What is no number at all is refused too, in the same words.
        if (result.Tokens is [var token] && (!int.TryParse(token.Value, out var value) || value < least || value > most))
        {
            result.AddError($"{name} must be {least} to {most}");
        }
    }
}

/// <param name="Data">null: a temporary folder</param>
/// <param name="Hyper">what the wallet gets, in HYPER</param>
internal sealed record LocalnetPlan(int Port, string? Data, int SlotMs, int Hyper, bool Faults, bool Controls, int FinalizedAfter = 32);
