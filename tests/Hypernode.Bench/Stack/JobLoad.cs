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
    private readonly ConcurrentQueue<JobSubmission> _prepared = new();

    public void Prepare(int jobs)
    {
        for (var i = 0; i < jobs; i++)
        {
            _prepared.Enqueue(wallet.Sign());
        }
    }

    /// <summary>Keeps so many jobs open until all have been paid.</summary>
    public async Task<RunAnswer> RunAsync(long jobs, int outstanding)
    {
        nodes.Hold = false;
        return await Window.RunAsync(jobs, outstanding, async (window, _) =>
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
    /// <returns>From the submission to the node that has the command: a little more than to the assignment.</returns>
    public async Task<LatencyReport> PaceAsync(int jobs, int perSecond)
    {
        nodes.Hold = false;
        var latencies = new ConcurrentBag<double>();
        var all = new CountdownEvent(jobs);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        for (var i = 0; i < jobs; i++)
        {
            await timer.WaitForNextTickAsync();
            var (submission, started) = (Next(), Stopwatch.GetTimestamp());
            nodes.WhenTold(submission.Intent.JobId, () =>
            {
                latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                all.Signal();
            });
            _ = SubmitAsync(submission);
        }

        await Task.Run(() => all.Wait(TimeSpan.FromMinutes(1)));
        var sorted = latencies.Order().ToArray();
        return new LatencyReport(sorted.Length, perSecond, At(0.50), At(0.99));

        double At(double share) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }

    /// <summary>Opens jobs that nodes begin and never end.</summary>
    public async Task<RunAnswer> HoldAsync(long jobs, int outstanding)
    {
        nodes.Hold = true;
        return await Window.RunAsync(jobs, outstanding, async (window, _) =>
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
