using System.Collections.Concurrent;
using System.Diagnostics;
using Hypernode.Bench.Loads;
using Hypernode.Bench.Running;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;

namespace Hypernode.Bench.Stack;

/// <summary>Submits signed jobs as the API does, and sees in the database that they have ended.</summary>
internal sealed class JobLoad(IJobIntake intake, Wallet wallet, NodeFleet nodes, EndedJobsReader ended)
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);
    private readonly ConcurrentQueue<JobSubmission> _prepared = new();

    /// <summary>Has so many signed submissions ready: the wallets' work is not the engine's.</summary>
    public void Prepare(int jobs)
    {
        while (_prepared.Count < jobs)
        {
            _prepared.Enqueue(wallet.Sign());
        }
    }

    /// <summary>Keeps so many jobs open until all have been paid.</summary>
    public async Task<RunAnswer> RunAsync(Load load)
    {
        nodes.Hold = false;
        return await Window.RunAsync(load, async (window, _) =>
        {
            var submission = Next();
            ended.Expect(submission.Intent.JobId, state =>
            {
                if (state == JobStateNames.Paid)
                {
                    window.Ended();
                }
                else
                {
                    window.Failed(new BenchException($"{submission.Intent.JobId} ended as {state}"));
                }
            });
            await SubmitAsync(submission);
        });
    }

    /// <summary>Submits at an even pace.</summary>
    /// <returns>From the submission to the node that has the command (a little more than to the assignment), and to the paid job.</returns>
    public async Task<PaceAnswer> PaceAsync(int jobs, int perSecond)
    {
        nodes.Hold = false;
        var (assigned, paid) = (new ConcurrentBag<double>(), new ConcurrentBag<double>());
        using var open = new CountdownEvent(jobs * 2);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        for (var i = 0; i < jobs; i++)
        {
            await timer.WaitForNextTickAsync();
            var (submission, started) = (Next(), Stopwatch.GetTimestamp());
            nodes.WhenTold(submission.Intent.JobId, () => Arrived(assigned, started));
            ended.Expect(submission.Intent.JobId, _ => Arrived(paid, started));
            _ = SubmitAsync(submission);
        }

        if (!await Task.Run(() => open.Wait(_patience)))
        {
            throw new BenchException($"{open.CurrentCount} of {jobs * 2} assignments and ends are still missing");
        }

        return new PaceAnswer(jobs, perSecond, Percentiles.Of(assigned), Percentiles.Of(paid));

        void Arrived(ConcurrentBag<double> times, long started)
        {
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            open.Signal();
        }
    }

    /// <summary>Opens jobs that nodes begin and never end.</summary>
    public async Task<RunAnswer> HoldAsync(Load load)
    {
        nodes.Hold = true;
        return await Window.RunAsync(load, async (window, _) =>
        {
            var submission = Next();
            nodes.WhenTold(submission.Intent.JobId, window.Ended);
            await SubmitAsync(submission);
        });
    }

    private JobSubmission Next() => _prepared.TryDequeue(out var submission) ? submission : wallet.Sign();

    private async Task SubmitAsync(JobSubmission submission)
    {
        if (await intake.SubmitAsync(submission, CancellationToken.None) != IntakeResult.Accepted)
        {
            throw new BenchException($"{submission.Intent.JobId} was not accepted");
        }
    }
}
