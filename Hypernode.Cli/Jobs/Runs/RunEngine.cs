using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>
/// Carries a run on from wherever its file says that it stands. Each payment is in the file before it leaves, so a run that was
/// interrupted at any point goes on with the payments that it has made, and makes none twice (ADR 18).
/// </summary>
/// <param name="changed">Told of every line of the file, and of every new state of a job.</param>
/// <param name="pause">Between two questions about a job.</param>
internal sealed class RunEngine(RunFile file, IMarket market, Action<RunNews> changed, TimeProvider time, TimeSpan pause)
{
    /// <summary>Two clocks may differ by so much, as a wallet allows: past this an intent that has run out is past everywhere.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly Submitting _submitting = new(market, time, pause);

    private RunState State => file.State;

    /// <summary>Returns when every job is over, and its results are here.</summary>
    /// <exception cref="OperationCanceledException">What is under way at the API goes on without us.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        SeeCancel();
        await UploadAsync(cancellationToken);
        using var failing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new Dictionary<Task, string>();
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                SeeCancel();
                StopWhatCannotBegin();
                foreach (var job in Ready([.. running.Values]).Take(State.Plan.Concurrency - running.Count).ToList())
                {
                    running.Add(CarryAsync(job, failing.Token), job.Job.Id);
                }

                if (running.Count == 0)
                {
                    return;
                }

                var done = await Task.WhenAny(running.Keys);
                running.Remove(done);
                await done;
            }
        }
        finally
        {
            await failing.CancelAsync();
            await Task.WhenAll(running.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What has a payment already goes first: it may be running.</summary>
    private IEnumerable<JobRun> Ready(IReadOnlyCollection<string> running) => State.Jobs
        .Where(j => !j.IsOver && !running.Contains(j.Job.Id, StringComparer.Ordinal) && (j.Signed is not null || j.Job.Needs.All(n => State[n].Ended is { Succeeded: true })))
        .OrderBy(j => j.Signed is null);

    /// <summary>Inputs are stored before anything is signed: a missing file costs nothing.</summary>
    private async Task UploadAsync(CancellationToken cancellationToken)
    {
        if (!State.Uploaded && !State.Cancelled)
        {
            await market.UploadAsync([.. State.Jobs.SelectMany(j => j.Job.Uploads).DistinctBy(u => u.Input.Sha256)], cancellationToken);
            file.Append(new RunEntry(RunEvents.Uploaded, 0));
        }
    }

    private void SeeCancel()
    {
        if (file.IsCancelAsked && !State.Cancelled)
        {
            Write(new RunEntry(RunEvents.Cancelled, 0));
        }
    }

    /// <summary>In the plan's order, so that one end stops all that hang on it, one after the other.</summary>
    private void StopWhatCannotBegin()
    {
        foreach (var job in State.Jobs.Where(j => j.Signed is null && !j.IsOver))
        {
            var lost = job.Job.Needs.FirstOrDefault(n => State[n] is { Stopped: not null } or { Ended.Succeeded: false });
            if (State.Cancelled || lost is not null)
            {
                Stop(job, State.Cancelled ? "the run was cancelled" : $"{lost} did not succeed");
            }
        }
    }

    private async Task CarryAsync(JobRun job, CancellationToken cancellationToken)
    {
        while (job.Ended is null)
        {
            var fresh = job.Signed is null;
            if (fresh && !await SignAsync(job, cancellationToken))
            {
                return;
            }

            if (job.Accepted || await SubmitAsync(job, fresh, cancellationToken))
            {
                await FollowAsync(job, fresh, cancellationToken);
            }
            else if (job.Stopped is not null)
            {
                return;
            }
        }

        await FetchAsync(job, cancellationToken);
    }

    /// <returns>False: it was stopped instead.</returns>
    private async Task<bool> SignAsync(JobRun job, CancellationToken cancellationToken)
    {
        SeeCancel();
        if (State.Cancelled)
        {
            return Stop(job, "the run was cancelled");
        }

        var inputs = new List<JobInput>();
        foreach (var from in job.Job.FromSteps)
        {
            var left = State[from.From].Ended!.Artifacts.FirstOrDefault(a => a.Name == from.Path);
            if (left is null)
            {
                return Stop(job, $"{from.From} left no {from.Path}");
            }

            inputs.Add(new JobInput(from.Name, left.Sha256, left.Bytes));
        }

        var spec = inputs.Count == 0 ? job.Job.Spec : job.Job.Spec with { Inputs = [.. job.Job.Spec.Inputs ?? [], .. inputs] };
        try
        {
            Write(new RunEntry(RunEvents.Signed, 0, job.Job.Id, Signed: await PatientlyAsync(job, () => market.SignAsync(job.Amount, spec, cancellationToken), cancellationToken)));
            return true;
        }
        catch (RefusedException e) when (!Submitting.IsOpen(e))
        {
            return Stop(job, PlainFailure.Describe(e));
        }
    }

    /// <param name="fresh">Signed just now: nobody can have it.</param>
    /// <returns>False: it was not accepted, and never will be.</returns>
    private async Task<bool> SubmitAsync(JobRun job, bool fresh, CancellationToken cancellationToken)
    {
        var signed = job.Signed!;
        var accepted = !fresh && await FindAsync(job, signed.JobId, cancellationToken) is not null;
        if (!accepted && State.Cancelled)
        {
            return Stop(job, $"the run was cancelled; its payment was signed, never accepted, and lapses at {signed.ExpiresAt:u}");
        }

        if (!accepted && time.GetUtcNow() >= signed.ExpiresAt)
        {
            return await DropAsync(job, signed, cancellationToken);
        }

        try
        {
            if (!accepted)
            {
                await _submitting.EnsureAsync(signed, cancellationToken);
            }
        }
        catch (RefusedException e) when (!fresh && e.Problem?.Errors?.Any(f => f.Code == "expired") == true)
        {
            return await DropAsync(job, signed, cancellationToken); // the API's clock is ahead of ours
        }
        catch (RefusedException e) when (!Submitting.IsOpen(e))
        {
            return Stop(job, PlainFailure.Describe(e));
        }

        Write(new RunEntry(RunEvents.Accepted, 0, job.Job.Id));
        return true;
    }

    /// <summary>A payment that ran out before anybody had it is forgotten, once no clock and no chain can say otherwise.</summary>
    private async Task<bool> DropAsync(JobRun job, Signed signed, CancellationToken cancellationToken)
    {
        var certain = signed.ExpiresAt + Skew;
        if (time.GetUtcNow() < certain || await market.IsOnChainAsync(signed.IntentId, cancellationToken) || await FindAsync(job, signed.JobId, cancellationToken) is not null)
        {
            throw new CliException($"{job.Job.Id}: the payment of {signed.JobId} ran out before the API had it; resume the run after {certain:u}, when no clock can take it any more");
        }

        Write(new RunEntry(RunEvents.Dropped, 0, job.Job.Id));
        return false;
    }

    private async Task FollowAsync(JobRun job, bool fresh, CancellationToken cancellationToken)
    {
        var id = job.Signed!.JobId;
        var asked = false;
        while (true)
        {
            if (await FindAsync(job, id, cancellationToken) is { } answer)
            {
                if (answer.State != job.Live)
                {
                    job.Live = answer.State;
                    changed(new RunNews("state", job));
                }

                if (!fresh && answer.State == JobStateNames.Rejected && await CameTooLateAsync(job, cancellationToken))
                {
                    Write(new RunEntry(RunEvents.Dropped, 0, job.Job.Id));
                    return;
                }

                if (JobStateNames.IsTerminal(answer.State))
                {
                    var ended = await PatientlyAsync(job, () => EndOfAsync(job, answer, cancellationToken), cancellationToken);
                    Write(new RunEntry(RunEvents.Ended, 0, job.Job.Id, Ended: ended));
                    return;
                }
            }

            SeeCancel();
            if (State.Cancelled && !asked)
            {
                asked = await TryCancelAsync(id, cancellationToken);
            }

            // However many are under way, the API is asked about ten times a second.
            await Task.Delay(pause * Math.Max(1, State.Plan.Concurrency / JobPlan.DefaultConcurrency), time, cancellationToken);
        }
    }

    /// <summary>
    /// A transaction lives for a minute: one that was signed before a crash and sent after it is refused by the chain. A rejected job
    /// holds no escrow, and never will.
    /// </summary>
    private async Task<bool> CameTooLateAsync(JobRun job, CancellationToken cancellationToken) =>
        State.Plan.Funding == Funding.Transaction && !State.Cancelled
        && !await PatientlyAsync(job, () => market.IsOnChainAsync(job.Signed!.IntentId, cancellationToken), cancellationToken);

    private Task<JobAnswer?> FindAsync(JobRun job, string id, CancellationToken cancellationToken) => PatientlyAsync(job, () => market.FindAsync(id, cancellationToken), cancellationToken);

    /// <summary>Questions that change nothing are asked until there is an answer: what is under way goes on without us.</summary>
    private async Task<T> PatientlyAsync<T>(JobRun job, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && Submitting.IsOpen(e))
            {
                if (tries == 1)
                {
                    changed(new RunNews("unreachable", job));
                }
            }

            await Task.Delay(pause * Math.Min(tries, 10), time, cancellationToken);
        }
    }

    private async Task<Ended> EndOfAsync(JobRun job, JobAnswer answer, CancellationToken cancellationToken)
    {
        IReadOnlyList<Artifact> artifacts = answer.State == JobStateNames.Paid && answer.Outcome is nameof(Verdict.Succeeded) or nameof(Verdict.JobFault)
            ? await market.ArtifactsAsync(job.Signed!, cancellationToken)
            : [];
        var succeeded = WatchCommand.Succeeded(answer);
        var missing = (job.Job.Outputs ?? []).FirstOrDefault(o => !artifacts.Any(a => a.Name == o));
        return new Ended(
            succeeded && missing is null, answer.State, answer.Outcome, answer.Charge, answer.Refund, artifacts, succeeded && missing is not null ? $"left no {missing}" : null);
    }

    /// <returns>True: it was asked for, or it is too late to.</returns>
    private async Task<bool> TryCancelAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await market.CancelAsync(id, cancellationToken);
            return true;
        }
        catch (RefusedException e) when (!Submitting.IsOpen(e))
        {
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && Submitting.IsOpen(e))
        {
            return false;
        }
    }

    private async Task FetchAsync(JobRun job, CancellationToken cancellationToken)
    {
        foreach (var artifact in job.Ended!.Artifacts)
        {
            Task<byte[]> ReadAsync() => PatientlyAsync(job, () => market.ResultAsync(job.Signed!.JobId, artifact.Name, cancellationToken), cancellationToken);
            await ResultCommand.KeepAsync(RunIndex.FolderOf(file.Folder, job), artifact.Name, artifact.Sha256, ReadAsync, cancellationToken);
        }

        Write(new RunEntry(RunEvents.Fetched, 0, job.Job.Id));
    }

    private bool Stop(JobRun job, string reason)
    {
        Write(new RunEntry(RunEvents.Stopped, 0, job.Job.Id, Reason: reason));
        return false;
    }

    private void Write(RunEntry entry)
    {
        file.Append(entry);
        changed(new RunNews(entry.Event, entry.Job is { } id ? State[id] : null));
    }
}

/// <param name="Event">One of <see cref="RunEvents"/>, <c>state</c>, or <c>unreachable</c>: the API does not answer.</param>
/// <param name="Job">Null: the run as a whole.</param>
internal sealed record RunNews(string Event, JobRun? Job);
