using Hypernode.Host.Ops;

namespace Hypernode.Host;

/// <summary>The command line of the server program.</summary>
internal sealed record HostArguments(
    bool Bootstrap, string? Config, string? Roles, bool Text, bool UntilStdinCloses, IReadOnlyList<string>? Dead = null, bool Chain = false,
    IReadOnlyList<string>? Node = null, string? Reason = null, OpsArguments? Ops = null)
{
    public const string Help = """
        The Hypernode server program: any mix of roles in one process.

        usage: Hypernode.Host [bootstrap] --config FILE [--roles LIST] [--log-format json|text] [--until-stdin-closes]
               Hypernode.Host chain --config FILE
               Hypernode.Host dead list|replay [MESSAGE-ID...] --config FILE
               Hypernode.Host node list|revoke|restore [NODE-ID] [--reason TEXT] --config FILE
               Hypernode.Host ops errors|stuck|audit [--limit N] [--no-chain] --config FILE
               Hypernode.Host ops replay GROUP|MESSAGE-ID... [--limit N] [--yes] --config FILE

          bootstrap              make the schema, keys, programs and accounts that are missing, and end
          chain                  make what is missing on the chain alone, and print every address as one JSON line
          dead list              what could not be handled, with its cause: a JSON object a line
          dead replay ID...      put dead letters back into their queues; a second time changes nothing
          node list              who may not work any more, by whose word and why: a JSON object a line
          node revoke ID         jail a node: no job, no say, no way into the broker, its connections closed
          node restore ID        lift an operator's jail (the chain's is lifted on chain)
          --reason TEXT          why; kept beside the node
          ops errors             the dead letters, grouped by cause (docs/operations.md)
          ops replay ID...       what a replay of these groups or messages would do; with --yes it is done
          ops stuck              jobs past a deadline of theirs; ends with 8 when there are some
          ops audit              I1 to I12 recomputed over database and chain; ends with 8 when one is violated
          --limit N              at most so many listed, or replayed in one run
          --no-chain             audit the database alone
          --config FILE          settings (JSON, all under "Hypernode"); environment variables Hypernode__… win over it
          --roles LIST           api,sagas,workers,agents in any mix (agents: the embedded stack)
          --log-format FORMAT    json (default) or text
          --until-stdin-closes   end when standard input closes: for parents that may die

        examples:
          Hypernode.Host --config embedded.json
          Hypernode.Host --config services.json --roles sagas,workers
          Hypernode.Host bootstrap --config services.json
          Hypernode.Host dead replay 0f4a… --config services.json
          Hypernode.Host node revoke 0f8f… --reason "lies about its GPUs" --config services.json
        """;

    /// <exception cref="ArgumentException">With what is wrong.</exception>
    public static HostArguments Parse(string[] args)
    {
        var result = new HostArguments(false, null, null, false, false);
        for (var i = 0; i < args.Length; i++)
        {
            string Value() => i + 1 < args.Length ? args[++i] : throw new ArgumentException($"{args[i]} needs a value");
            result = args[i] switch
            {
                "bootstrap" => result with { Bootstrap = true },
                "chain" => result with { Chain = true },
                "dead" => result with { Dead = [] },
                var word when result.Dead is { } words && !word.StartsWith('-') => result with { Dead = [.. words, word] },
                "ops" when result is { Dead: null, Node: null, Ops: null } => result with { Ops = new([]) },
                var word when result.Ops is { } ops && !word.StartsWith('-') => result with { Ops = ops with { Words = [.. ops.Words, word] } },
                "--limit" when result.Ops is { } ops => result with { Ops = ops.WithLimit(Value()) },
                "--yes" when result.Ops is { } ops => result with { Ops = ops with { Yes = true } },
                "--no-chain" when result.Ops is { } ops => result with { Ops = ops with { NoChain = true } },
                "node" when result.Dead is null => result with { Node = [] },
                var word when result.Node is { } words && !word.StartsWith('-') => result with { Node = [.. words, word] },
                "--reason" => result with { Reason = Value() },
                "--config" => result with { Config = Path.GetFullPath(Value()) },
                "--roles" => result with { Roles = Value() },
                "--log-format" => result with { Text = Value() == "text" },
                "--until-stdin-closes" => result with { UntilStdinCloses = true },
                var other => throw new ArgumentException($"unknown argument {other}; see --help"),
            };
        }

        return result.Config is null || File.Exists(result.Config) ? result : throw new ArgumentException($"no such file: {result.Config}");
    }
}
