namespace Hypernode.Cli.Stack;

/// <summary>A running Hypernode: where it answers, and what a demo may do to its nodes.</summary>
internal interface IStack : IAsyncDisposable
{
    HostReady Ready { get; }

    /// <summary>The image of the examples' jobs.</summary>
    string Image { get; }

    IReadOnlyList<AgentNode> Agents { get; }

    /// <summary>Lines for people: what answers where.</summary>
    IReadOnlyList<string> Addresses { get; }

    /// <summary>Registers the nodes, and starts those agents that need to be registered first.</summary>
    Task EnlistAsync(Client.ApiClient api, CancellationToken cancellationToken);

    /// <summary>A node's machine dies.</summary>
    /// <returns>How that was done, as the report says it.</returns>
    Task<string> KillAgentAsync(AgentNode agent, CancellationToken cancellationToken);

    /// <summary>Completes, with its name and log, when one of the programs has ended by itself.</summary>
    Task<string> SomethingEndedAsync(CancellationToken cancellationToken);
}

/// <summary>What a host writes down when it is ready.</summary>
public sealed record HostReady(string Url, int Pid, string Network, string Rpc, string Ws);
