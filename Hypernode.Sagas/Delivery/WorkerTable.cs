using System.Collections.Frozen;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Delivery;

/// <summary>A worker of this process, by the command that it takes.</summary>
public interface IHostedWorker
{
    Type Command { get; }

    Task<object> HandleAsync(object command, CancellationToken cancellationToken);
}

public sealed class HostedWorker<TCommand>(IHandle<TCommand> worker) : IHostedWorker
    where TCommand : class
{
    public Type Command => typeof(TCommand);

    public Task<object> HandleAsync(object command, CancellationToken cancellationToken) => worker.HandleAsync((TCommand)command, cancellationToken);
}

/// <summary>Placement: which commands this process takes itself, straight from the commit or inside the transition; all others go by queue.</summary>
public sealed class WorkerTable
{
    private readonly FrozenDictionary<Type, IHostedWorker> _local;
    private readonly FrozenSet<Type> _fused;

    public WorkerTable(IEnumerable<IHostedWorker> hosted, IOptions<EngineOptions> options)
    {
        var local = Commands(options.Value.Local);
        var fused = Commands(options.Value.Fused);
        _local = hosted.Where(w => local.Contains(w.Command)).ToFrozenDictionary(w => w.Command);
        _fused = fused.Where(_local.ContainsKey).ToFrozenSet();
    }

    public bool IsLocal(Type command) => _local.ContainsKey(command);

    public bool IsFused(Type command) => _fused.Contains(command);

    public Task<object> HandleAsync(object command, CancellationToken cancellationToken) =>
        _local[command.GetType()].HandleAsync(command, cancellationToken);

    /// <exception cref="ArgumentException">A name that is no command.</exception>
    internal static HashSet<Type> Commands(string names) => names.Trim() == "*"
        ? [.. Queues.Commands.Keys]
        : [.. names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name =>
            Queues.Commands.Keys.SingleOrDefault(t => t.Name == name)
            ?? throw new ArgumentException($"{name} is no command: one of {string.Join(", ", Queues.Commands.Keys.Select(t => t.Name))}", nameof(names)))];
}
