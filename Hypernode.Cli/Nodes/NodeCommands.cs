using System.CommandLine;
using System.CommandLine.Parsing;

namespace Hypernode.Cli.Nodes;

/// <summary><c>hn node</c>: for who earns with a machine.</summary>
internal static class NodeCommands
{
    public static Command Create() => new(
        "node",
        """
        Earn with this machine.

        Examples:
          ./hn node doctor --api https://api.example
          ./hn node join --api https://api.example --rpc https://rpc.example --wallet wallet.json
          ./hn node status
          ./hn node drain
        """)
    {
        DoctorCommand.Create(),
        JoinCommand.Create(),
        StatusCommand.Create(),
        DrainCommand.CreateDrain(),
        DrainCommand.CreateUndrain(),
    };

    public static Option<DirectoryInfo> Data() => new("--data")
    {
        Description = "the node's folder: settings, key, journal",
        DefaultValueFactory = _ => new DirectoryInfo(NodeFolder.Default),
    };

    /// <summary>Refuses, by its name, what is no http address.</summary>
    public static Option<string?> Url(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description };
        Refuse(option, text => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? null : "must be an http:// or https:// address");
        return option;
    }

    /// <param name="problem">What is wrong with a value; null: nothing.</param>
    public static void Refuse<T>(Option<T> option, Func<string, string?> problem) => option.Validators.Add((OptionResult result) =>
    {
        if (result.Tokens is [var token] && problem(token.Value) is { } wrong)
        {
            result.AddError($"{option.Name} {wrong}");
        }
    });
}
