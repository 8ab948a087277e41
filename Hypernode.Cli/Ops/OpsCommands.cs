using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypernode.Cli.Config;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Nodes;

namespace Hypernode.Cli.Ops;

/// <summary><c>hn ops</c>: for who operates a deployment.</summary>
internal static class OpsCommands
{
    private static readonly Option<FileInfo?> Config = new("--config") { Description = "the hosts' settings: broker, database, chain (default: hn config's hostConfig)" };

    static OpsCommands() => NodeCommands.Refuse(Config, t => File.Exists(t) ? null : $": there is no file {t}");

    public static Command Create() => new(
        "ops",
        """
        Look after a running deployment (docs/operations.md). It asks broker, database and chain itself, with the hosts' own settings,
        for when it is needed the API may be what is down. Exit codes: 0 nothing found, 8 found, 2 not understood, 6 not reachable.

        Examples:
          ./hn ops errors --config services.json
          ./hn ops replay 3f29c1d0aa --config services.json --yes
          ./hn ops stuck --config services.json
          ./hn ops audit --config services.json --json | jq '.invariants[] | select(.verdict != "Holds")'
        """)
    {
        Errors(),
        Replay(),
        Stuck(),
        Audit(),
    };

    private static Command Errors()
    {
        var limit = Limit("look at so many at most", 100_000);
        return Handle(
            new Command(
                "errors",
                """
                The dead letters, grouped by cause: how many, since when, an example, and whether a replay would take them. What a message
                holds is never shown.

                Examples:
                  ./hn ops errors --config services.json
                  ./hn ops errors --json | jq -r '.groups[] | "\(.count) \(.cause)"'
                """) { limit },
            parsed => ["errors", .. Given(parsed, limit)],
            OpsTables.Errors);
    }

    private static Command Replay()
    {
        var what = new Argument<string[]>("ID") { Description = "groups (as ops errors names them) or message ids", Arity = ArgumentArity.OneOrMore };
        var yes = new Option<bool>("--yes") { Description = "do it; without it nothing is moved" };
        var limit = Limit("at most so many in one run (default: 100)", 1_000);
        return Handle(
            new Command(
                "replay",
                """
                Put dead letters back into their queues, under their own ids: each is published and confirmed before it is taken away here, so
                none is lost, and one that comes twice changes nothing. Mend the cause first. What can't be repeated safely is refused.

                Examples:
                  ./hn ops replay 3f29c1d0aa                     what would happen
                  ./hn ops replay 3f29c1d0aa --yes --limit 10
                  ./hn ops replay 0f8fad5b-d9cb-469f-a165-70867728950e --yes
                """) { what, yes, limit },
            parsed => ["replay", .. parsed.GetRequiredValue(what), .. parsed.GetValue(yes) ? ["--yes"] : Array.Empty<string>(), .. Given(parsed, limit)],
            OpsTables.Replay);
    }

    private static Command Stuck()
    {
        var limit = Limit("list so many at most (default: 200)", 10_000);
        return Handle(
            new Command(
                "stuck",
                """
                Jobs past a deadline of theirs: the state and since when, which deadline, what they wait for and what comes next.

                Examples:
                  ./hn ops stuck --config services.json
                  ./hn ops stuck --json | jq -r '.jobs[].jobId'
                """) { limit },
            parsed => ["stuck", .. Given(parsed, limit)],
            OpsTables.Stuck);
    }

    private static Command Audit()
    {
        var noChain = new Option<bool>("--no-chain") { Description = "ask the database alone; what needs the chain is then not checked, and says so" };
        return Handle(
            new Command(
                "audit",
                """
                Recompute I1 to I12 over the whole database and the chain, page by page, while the market runs. Each invariant gets a verdict, how
                much was checked, who offends, and what of it these sources can't tell.

                Examples:
                  ./hn ops audit --config services.json
                  ./hn ops audit --no-chain --json | jq .holds
                """) { noChain },
            parsed => ["audit", .. parsed.GetValue(noChain) ? ["--no-chain"] : Array.Empty<string>()],
            OpsTables.Audit);
    }

    private static Command Handle(Command command, Func<ParseResult, IReadOnlyList<string>> words, Func<JsonObject, string> describe)
    {
        command.Add(Config);
        command.Add(Connection.Json);
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            var config = Settings.Current().Of("hostConfig", parsed.GetValue(Config)?.FullName).Value
                ?? throw new CliException("--config FILE is needed: the hosts' settings (hn config set hostConfig FILE keeps it)") { ExitCode = ExitCodes.Usage };
            var (code, answer) = await OpsHost.AskAsync(config, words(parsed), cancellationToken);
            await Connection.AnswerAsync(parsed, answer, () => describe(answer));
            return code;
        });
        return command;
    }

    private static Option<int?> Limit(string description, int most)
    {
        var limit = new Option<int?>("--limit") { Description = description };
        NodeCommands.Refuse(limit, t => int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1 && n <= most ? null : $"must be 1 to {most}");
        return limit;
    }

    private static string[] Given(ParseResult parsed, Option<int?> limit) =>
        parsed.GetValue(limit) is { } n ? ["--limit", n.ToString(CultureInfo.InvariantCulture)] : [];
}
