using Hypernode.Contracts.Jobs;
using Hypernode.Workers.Nodes;

namespace Hypernode.Workers.Tests.Nodes;

public sealed class JobOrderTests
{
    private static readonly JobId _one = new(new Guid(1, 0, 0, new byte[8]));
    private static readonly JobId _two = new(new Guid(2, 0, 0, new byte[8]));

    private readonly JobOrder _order = new();
    private readonly List<string> _begun = [];

    [Fact]
    public async Task A_job_s_work_waits_for_what_came_before_it_and_another_job_s_does_not()
    {
        var (first, second) = (new TaskCompletionSource(), new TaskCompletionSource());
        var a = Start("a", first.Task, _one);
        var b = Start("b", second.Task, _one, _two);
        var c = Start("c", Task.CompletedTask, _two);
        var beat = Start("beat", Task.CompletedTask);
        _begun.ShouldBe(["a", "beat"]);
        await beat;

        first.SetResult();
        await a;
        _begun.ShouldBe(["a", "beat", "b"]);

        second.SetResult();
        await Task.WhenAll(b, c);
        _begun.ShouldBe(["a", "beat", "b", "c"]);
    }

    [Fact]
    public async Task What_comes_after_a_failure_fails_with_it_instead_of_overtaking_it()
    {
        var first = Start("a", Task.FromException(new IOException("away")), _one);
        var second = Start("b", Task.CompletedTask, _one);
        await first.ShouldThrowAsync<IOException>();
        await second.ShouldThrowAsync<IOException>();
        _begun.ShouldBe(["a"]);
    }

    [Fact]
    public async Task It_forgets_jobs_whose_work_has_ended_and_keeps_those_that_are_under_way()
    {
        var held = new TaskCompletionSource();
        var a = Start("a", held.Task, _one);
        for (var i = 0; i < 5_000; i++)
        {
            await _order.Start([new JobId(new Guid(i, 1, 0, new byte[8]))], () => Task.CompletedTask);
        }

        var b = Start("b", Task.CompletedTask, _one);
        _begun.ShouldBe(["a"]);
        held.SetResult();
        await Task.WhenAll(a, b);
    }

    private Task Start(string name, Task until, params JobId[] jobs) => _order.Start(jobs, () =>
    {
        _begun.Add(name);
        return until;
    });
}
