using System.Globalization;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Images;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Network;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Execution;

/// <summary>The attempt can't be run here; the reason is one of <see cref="AttemptDeclined"/>.</summary>
internal sealed class DeclinedException(string reason, string detail) : Exception(detail)
{
    public string Reason { get; } = reason;
}

/// <summary>
/// Runs one attempt, from the command to the journaled outcome, or goes on with one that an earlier agent process began.
/// Cancelling it leaves the container running: the next agent process adopts it.
/// </summary>
internal sealed class AttemptRunner(
    AgentOptions options,
    IContainerEngine engine,
    IOutputFolders outputs,
    INodeBlobs blobs,
    AgentJournal journal,
    ReceiptWriter receipts,
    VramWatch vram,
    JobNetworks networks,
    ImageCache images,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan TermPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly AttemptPreparation _preparation = new(options, engine, outputs, blobs, images);

    /// <param name="resumed">The command is from an earlier life of the agent: look for its container first.</param>
    /// <param name="beatNow">Sends a beat at once.</param>
    /// <param name="endBeat">Writes the beat that says that the attempt has ended.</param>
    public async Task RunAsync(Lease lease, bool resumed, Action beatNow, Func<NodeMessage> endBeat, CancellationToken cancellationToken)
    {
        string? container = null;
        try
        {
            container = await BeginAsync(lease, resumed, cancellationToken);
            Deliver(lease, await SeeToEndAsync(lease, container, beatNow, cancellationToken), endBeat);
        }
        catch (DeclinedException e)
        {
            Deliver(lease, await DeclineAsync(lease, e.Reason, e.Message, cancellationToken), endBeat);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing may leave a lease without an outcome: the job would wait for its deadline.
            logger.LogError(e, "{Job} attempt {Attempt} has failed here", lease.JobId, lease.Attempt);
            Deliver(lease, await DeclineAsync(lease, "engine-unavailable", Short(e.Message), cancellationToken), endBeat);
        }
        finally
        {
            if (lease.Output is { } output)
            {
                await output.DisposeAsync();
            }

            if (!cancellationToken.IsCancellationRequested)
            {
                await CleanUpAsync(lease, container, cancellationToken);
            }
        }
    }

    private async Task<AttemptDeclined> DeclineAsync(Lease lease, string reason, string detail, CancellationToken cancellationToken)
    {
        logger.LogWarning("{Job} attempt {Attempt} is declined: {Reason}, {Detail}", lease.JobId, lease.Attempt, reason, detail);
        var declined = new AttemptDeclined(lease.JobId, lease.Attempt, reason, detail);
        await PatientlyAsync(() => Written(() => journal.Decline(declined)), cancellationToken);
        return declined;
    }

    private void Deliver(Lease lease, NodeMessage outcome, Func<NodeMessage> endBeat)
    {
        lease.Ended |= lease.Beating;
        lease.Mail.PostLast(lease.Beating ? [endBeat, () => outcome] : [() => outcome], () => journal.Confirm(lease.JobId, lease.Attempt));
    }

    /// <summary>The id of a container that has been started.</summary>
    private async Task<string> BeginAsync(Lease lease, bool resumed, CancellationToken cancellationToken)
    {
        if (resumed && await FindContainerAsync(lease, cancellationToken) is { } found)
        {
            logger.LogInformation("{Job} attempt {Attempt}: container {Container} is adopted", lease.JobId, lease.Attempt, found);
            lease.GiveSlot();
            lease.Adopted = journal.Find(lease.JobId) is { Container: not null };
            await ReopenNetworkAsync(lease, found, cancellationToken);
            return found;
        }

        if (journal.Find(lease.JobId) is { Container: not null } known && known.Attempt == lease.Attempt)
        {
            throw new DeclinedException("engine-unavailable", "the container was lost while the agent was away");
        }

        await WaitForSlotAsync(lease, cancellationToken);
        string? created = null;
        try
        {
            var plan = await _preparation.PlanAsync(lease, time.GetUtcNow(), cancellationToken);
            await vram.RequireFreeAsync(lease, cancellationToken);
            created = await engine.CreateAsync(plan, cancellationToken);
            lease.Output = await engine.ListenAsync(created, cancellationToken);
            await engine.StartAsync(created, cancellationToken);
            await networks.OpenAsync(lease, created, cancellationToken);
            return created;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not DeclinedException)
        {
            // Whatever goes wrong before the start is the node's trouble, not the job's: it moves on at once.
            if (created is not null)
            {
                await IgnoreAsync(() => engine.RemoveAsync(created, cancellationToken));
            }

            throw new DeclinedException(e is InputsUnavailableException ? "inputs-unavailable" : "engine-unavailable", Short(e.Message));
        }
    }

    /// <summary>
    /// The control plane takes a slot for free at an attempt's verdict, and the agent only when its container is gone: what comes
    /// in between is not turned away, but waits for as long as it may still begin.
    /// </summary>
    private async Task WaitForSlotAsync(Lease lease, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.StopRequested);
        var patience = DateTimeOffset.FromUnixTimeMilliseconds(lease.Command.StartBy) - time.GetUtcNow();
        await Task.WhenAny(lease.Slot, Task.Delay(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, time, over.Token));
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        if (lease.StopRequested.IsCancellationRequested)
        {
            throw new DeclinedException("expired", "stopped before it began");
        }

        if (lease.Slot.IsCompleted)
        {
            await lease.Slot;
        }
        else
        {
            throw new DeclinedException("no-capacity", $"all {options.Slots} slots{(lease.Gpus.Count > 0 ? ", or its GPUs," : "")} were taken for as long as it could have begun");
        }
    }

    /// <summary>A container of this attempt that was really started, if there is one. One that was only created is removed.</summary>
    private async Task<string?> FindContainerAsync(Lease lease, CancellationToken cancellationToken)
    {
        var all = await PatientlyAsync(() => engine.ListAsync(ContainerLabels.Agent, options.NodeId, cancellationToken), cancellationToken);
        foreach (var candidate in all.Where(c => AttemptPreparation.IsOf(c, lease)))
        {
            var state = await PatientlyAsync(() => engine.InspectAsync(candidate.Id, cancellationToken), cancellationToken);
            if (state is { Status: not ContainerStatus.Created })
            {
                return candidate.Id;
            }

            await PatientlyAsync(() => RemoveAsync(candidate.Id, cancellationToken), cancellationToken);
        }

        return null;
    }

    private async Task<NodeMessage> SeeToEndAsync(Lease lease, string container, Action beatNow, CancellationToken cancellationToken)
    {
        await PatientlyAsync(() => Written(() => journal.Start(lease.JobId, lease.Attempt, container)), cancellationToken);
        var state = await InspectAsync(container, cancellationToken);
        lease.Log.Say(!lease.Adopted
            ? $"attempt {lease.Attempt} started, image {lease.Command.Spec.Image}{(engine.Sandboxed ? "" : ", UNSANDBOXED process runtime")}, {JobNetworks.Describe(lease.Command.Spec)}"
            : $"attempt {lease.Attempt} adopted after a restart of the agent");
        if (lease.Gpus.Count > 0)
        {
            lease.Log.Say($"GPUs: {string.Join(", ", lease.Gpus)}");
        }

        lease.Mail.Post(() => new AttemptStarted(lease.JobId, lease.Attempt, state.StartedAt.ToUnixTimeMilliseconds()));
        lease.Beating = true;
        beatNow();

        var pump = new LogPump(engine, lease.Log, options.MaxLogBytes, time, logger).RunAsync(container, lease.Output, cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = vram.FollowAsync(lease, ended.Token);
        var killedAtDeadline = await WaitForEndAsync(lease, container, state.StartedAt, cancellationToken);
        lease.Ended = true;
        await ended.CancelAsync();
        var peak = await watching;
        await networks.CloseAsync(lease);
        await pump;
        state = await InspectAsync(container, cancellationToken);
        var ranFor = state.FinishedAt - state.StartedAt;
        var timedOut = killedAtDeadline || ranFor >= TimeSpan.FromMilliseconds(lease.Command.RunLimitMs);
        if (state.Lost && !timedOut)
        {
            // Whatever exit code it has: the job did not choose it, and nobody may be charged for half a run.
            throw new DeclinedException("engine-unavailable", "the container engine was restarted and took the job with it (hn node doctor: live-restore)");
        }

        var collected = await CollectAsync(lease, container, cancellationToken);
        foreach (var line in collected.Refused)
        {
            lease.Log.Say(line);
        }

        if (lease.Gpus.Count > 0)
        {
            lease.Log.Say($"GPU memory: {(peak > 0 ? $"at most {peak} MiB in use on one GPU, as sampled" : "not seen")}");
        }

        var seconds = ranFor.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        var why = timedOut ? ", run limit reached" : state.OutOfMemory ? ", out of memory" : "";
        lease.Log.Say($"attempt {lease.Attempt} ended, exit code {state.ExitCode}{why}, {seconds} s, {collected.Artifacts.Count} output files");
        var digest = await DigestAsync(lease, state, cancellationToken);
        var outcome = new EndedAttempt(
            digest, state.StartedAt, state.FinishedAt, state.ExitCode, timedOut, state.OutOfMemory, lease.Log.Head, lease.Log.Count, collected.Artifacts, peak);
        return await PatientlyAsync(() => Task.FromResult(Report(lease, outcome)), cancellationToken);
    }

    private AttemptReported Report(Lease lease, EndedAttempt ended)
    {
        // A receipt that outlives a power cut names a log that does, too.
        lease.Log.FlushToDisk();
        return journal.Report(previous => receipts.Write(lease.Command, ended, previous));
    }

    /// <summary>True when the run limit ended it.</summary>
    private async Task<bool> WaitForEndAsync(Lease lease, string container, DateTimeOffset startedAt, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ended = EndedAsync(container, over.Token);
        var deadline = startedAt.AddMilliseconds(lease.Command.RunLimitMs) - time.GetUtcNow();
        var limit = Task.Delay(deadline > TimeSpan.Zero ? deadline : TimeSpan.Zero, time, over.Token);
        var stop = WhenCancelledAsync(lease.StopRequested, over.Token);
        var watch = outputs.Hard ? Task.Delay(Timeout.InfiniteTimeSpan, time, over.Token) : WatchOutputAsync(lease, over.Token);
        var first = await Task.WhenAny(ended, limit, stop, watch);
        cancellationToken.ThrowIfCancellationRequested();
        if (first != ended)
        {
            await PatientlyAsync(() => KillAsync(container, force: false, cancellationToken), cancellationToken);
            if (await Task.WhenAny(ended, Task.Delay(TermPatience, time, over.Token)) != ended)
            {
                await PatientlyAsync(() => KillAsync(container, force: true, cancellationToken), cancellationToken);
            }
        }

        await ended;
        await over.CancelAsync();
        return first == limit;
    }

    private async Task EndedAsync(string container, CancellationToken cancellationToken)
    {
        while (true)
        {
            await PatientlyAsync(() => WaitAsync(container, cancellationToken), cancellationToken);
            if (await PatientlyAsync(() => engine.InspectAsync(container, cancellationToken), cancellationToken) is not { Status: ContainerStatus.Running })
            {
                return;
            }
        }
    }

    /// <summary>Where there is no hard quota: returns when /out has grown past its limit.</summary>
    private async Task WatchOutputAsync(Lease lease, CancellationToken cancellationToken)
    {
        var folder = await outputs.PrepareAsync(lease.Folder, lease.Command.Spec.Limits.OutputMb, cancellationToken);
        var limit = (long)lease.Command.Spec.Limits.OutputMb << 20;
        while (FolderSize.Of(folder) <= limit)
        {
            await Task.Delay(Pause, time, cancellationToken);
        }

        lease.Log.Say($"more than {lease.Command.Spec.Limits.OutputMb} MiB in /out: the job is ended");
    }

    private async Task<CollectedOutputs> CollectAsync(Lease lease, string container, CancellationToken cancellationToken)
    {
        var maxBytes = (long)lease.Command.Spec.Limits.OutputMb << 20;
        var store = blobs.Of(lease.Command, lease.Folder);
        var collected = await PatientlyAsync(
            async () =>
            {
                await using var tar = await engine.OpenOutputsAsync(container, cancellationToken);
                return await OutputCollector.CollectAsync(tar, store, options.MaxArtifacts, maxBytes, cancellationToken);
            },
            cancellationToken);
        await store.DeliverAsync([.. collected.Artifacts.Select(a => a.Sha256)], cancellationToken);
        return collected;
    }

    /// <summary>The image that really ran, in the words of the job when they mean the same.</summary>
    private async Task<string> DigestAsync(Lease lease, ContainerState state, CancellationToken cancellationToken)
    {
        if (!ImageReference.TryParse(lease.Command.Spec.Image, out var reference) || reference.Name is null)
        {
            return state.ImageId;
        }

        var found = await PatientlyAsync(() => engine.ResolveImageAsync(reference, cancellationToken), cancellationToken);
        return found?.Id == state.ImageId ? found.Digest : state.ImageId;
    }

    /// <summary>What runs goes on, if need be without a network: the job is told by its proxy's silence, and its payer by the log.</summary>
    private async Task ReopenNetworkAsync(Lease lease, string container, CancellationToken cancellationToken)
    {
        try
        {
            await networks.OpenAsync(lease, container, cancellationToken);
        }
        catch (Exception e) when (e is IOException or EngineUnavailableException or EngineRefusedException)
        {
            lease.Log.Say($"network: lost with the agent's restart, {Short(e.Message)}");
        }
    }

    private async Task CleanUpAsync(Lease lease, string? container, CancellationToken cancellationToken)
    {
        await networks.CloseAsync(lease);
        if (container is not null)
        {
            // What can't be removed now is found by its label when the agent starts the next time.
            await IgnoreAsync(() => engine.RemoveAsync(container, cancellationToken));
        }

        await IgnoreAsync(() => images.ReleaseAsync(lease, cancellationToken));
        await IgnoreAsync(() => outputs.ReleaseAsync(lease.Folder, cancellationToken));
    }

    private async Task<ContainerState> InspectAsync(string container, CancellationToken cancellationToken) =>
        await PatientlyAsync(() => engine.InspectAsync(container, cancellationToken), cancellationToken)
            ?? throw new DeclinedException("engine-unavailable", "the container was removed by somebody else");

    private async Task<bool> KillAsync(string container, bool force, CancellationToken cancellationToken)
    {
        await engine.KillAsync(container, force, cancellationToken);
        return true;
    }

    private async Task<bool> RemoveAsync(string container, CancellationToken cancellationToken)
    {
        await engine.RemoveAsync(container, cancellationToken);
        return true;
    }

    private async Task<bool> WaitAsync(string container, CancellationToken cancellationToken)
    {
        await engine.WaitAsync(container, cancellationToken);
        return true;
    }

    private static Task<bool> Written(Action write)
    {
        write();
        return Task.FromResult(true);
    }

    /// <summary>An engine or a store that is away for a while, or a disk that is full, does not end a job that runs.</summary>
    private async Task<T> PatientlyAsync<T>(Func<Task<T>> act, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await act();
            }
            catch (Exception e) when (e is EngineUnavailableException or IOException or HttpRequestException && !cancellationToken.IsCancellationRequested)
            {
                logger.LogWarning("trying again: {Reason}", e.Message);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task IgnoreAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception e)
        {
            logger.LogWarning("clean-up: {Reason}", e.Message);
        }
    }

    private static async Task WhenCancelledAsync(CancellationToken token, CancellationToken over)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var a = token.Register(() => cancelled.TrySetResult());
        await using var b = over.Register(() => cancelled.TrySetCanceled(over));
        await cancelled.Task;
    }

    private static string Short(string text) => text.Length <= 300 ? text : text[..300];
}
