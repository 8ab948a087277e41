using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Leases;

/// <summary>One attempt of a job that this agent answers for, from the command to the confirmed outcome.</summary>
internal sealed class Lease(ExecuteJob command, string folder, LogChain log, AttemptMail mail) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _slot = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cleaned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ExecuteJob Command { get; } = command;

    public JobId JobId => Command.JobId;

    public int Attempt => Command.Attempt;

    /// <summary>The GPUs that it may use, by uuid; nobody else's while it holds its slot.</summary>
    public IReadOnlyList<string> Gpus { get; } = command.GpuUuids ?? [];

    /// <summary>Everything of the attempt on disk; goes when the outcome is confirmed.</summary>
    public string Folder { get; } = folder;

    public LogChain Log { get; } = log;

    public AttemptMail Mail { get; } = mail;

    /// <summary>The container's output from its start; null: an engine with no more than a log, or a container of an earlier life.</summary>
    public IOutputFeed? Output { get; set; }

    /// <summary>A container runs: beats name the lease from here on (they are what is charged).</summary>
    public bool Beating { get; set; }

    /// <summary>An earlier life of the agent has told of its start already.</summary>
    public bool Adopted { get; set; }

    /// <summary>The container has ended. Beats go on until the outcome is delivered: a node that collects and sends is not silent.</summary>
    public bool Ended { get; set; }

    /// <summary>Completes when the attempt has one of the node's slots; fails when it will never have one.</summary>
    public Task Slot => _slot.Task;

    public bool HoldsSlot => Slot.IsCompletedSuccessfully && !SlotFree;

    public bool WaitsForSlot => !Slot.IsCompleted && !SlotFree;

    /// <summary>Container and files are gone: another job may come, though the outcome may still be on its way.</summary>
    public bool SlotFree => _cleaned.Task.IsCompleted;

    public Task Cleaned => _cleaned.Task;

    /// <summary>Nobody wants the result any more.</summary>
    public CancellationToken StopRequested => _stop.Token;

    public Task Running { get; set; } = Task.CompletedTask;

    public void Stop() => _stop.Cancel();

    public void GiveSlot() => _slot.TrySetResult();

    public void RefuseSlot(string why) => _slot.TrySetException(new DeclinedException("no-capacity", why));

    public void FreeSlot() => _cleaned.TrySetResult();

    public void Dispose()
    {
        Log.Dispose();
        _stop.Dispose();
    }
}
