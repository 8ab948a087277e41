using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;

namespace Hypernode.Sagas.Tests.Engine;

public sealed class GroupLoopTests
{
    private readonly TurnScheduler _turns = new();
    private readonly List<string> _batches = [];
    private readonly HashSet<string> _bad = [];
    private Func<Task> _pace = () => Task.CompletedTask;

    [Fact]
    public void What_arrives_while_a_batch_is_under_way_makes_the_next_one()
    {
        SynchronizationContext.SetSynchronizationContext(null); // the test runner's: it would let the loop go on elsewhere
        var disk = new TaskCompletionSource();
        _pace = () => disk.Task;
        var loop = Loop();
        var first = loop.AddAsync("a");
        _turns.Pump();
        Task<string>[] later = [loop.AddAsync("b"), loop.AddAsync("c")];
        _turns.Pump();
        _batches.ShouldBe(["a"]); // one at a time

        disk.SetResult();
        _turns.Pump();

        _batches.ShouldBe(["a", "b c"]);
        first.Result.ShouldBe("A");
        later.Select(t => t.Result).ShouldBe(["B", "C"]);
    }

    [Fact]
    public void What_is_ready_together_goes_together()
    {
        var loop = Loop();
        var all = "abc".Select(c => loop.AddAsync(c.ToString())).ToList();
        _turns.Pump();

        _batches.ShouldBe(["a b c"]);
        all.ShouldAllBe(t => t.IsCompletedSuccessfully);
    }

    [Fact]
    public void Two_items_of_one_job_never_meet_in_a_batch_and_keep_their_order()
    {
        var loop = Loop();
        foreach (var item in (string[])["1:x", "2:x", "3:y", "4:x"])
        {
            _ = loop.AddAsync(item);
        }

        _turns.Pump();

        _batches.ShouldBe(["1:x 3:y", "2:x", "4:x"]);
    }

    [Fact]
    public void The_same_message_twice_never_meets_itself_in_a_batch()
    {
        var loop = Loop();
        _ = loop.AddAsync("1:x");
        _ = loop.AddAsync("1:y");
        _turns.Pump();

        _batches.ShouldBe(["1:x", "1:y"]);
    }

    [Fact]
    public void A_batch_has_no_more_items_than_allowed()
    {
        var loop = Loop(maxBatch: 2);
        var all = "abcde".Select(c => loop.AddAsync(c.ToString())).ToList();
        _turns.Pump();

        _batches.ShouldBe(["a b", "c d", "e"]);
        all.ShouldAllBe(t => t.IsCompletedSuccessfully);
    }

    [Fact]
    public void One_bad_item_spoils_no_other()
    {
        _bad.Add("b");
        var loop = Loop();
        var (a, b, c) = (loop.AddAsync("a"), loop.AddAsync("b"), loop.AddAsync("c"));
        _turns.Pump();

        _batches.ShouldBe(["a b c", "a", "b", "c"]);
        a.Result.ShouldBe("A");
        c.Result.ShouldBe("C");
        b.Exception!.InnerException.ShouldBeOfType<IOException>().Message.ShouldBe("b");
    }

    [Fact]
    public void A_storage_that_is_down_fails_everybody_after_two_tries_of_their_own()
    {
        _bad.UnionWith("abcdefgh".Select(c => c.ToString()));
        var loop = Loop();
        var all = _bad.Order().Select(loop.AddAsync).ToList();
        _turns.Pump();

        _batches.ShouldBe(["a b c d e f g h", "a", "b"]); // not a time-out for each of them
        all.ShouldAllBe(t => t.IsFaulted);
    }

    [Fact]
    public void After_a_failure_the_next_item_is_tried_as_ever()
    {
        _bad.Add("a");
        var loop = Loop();
        var failed = loop.AddAsync("a");
        _turns.Pump();
        failed.IsFaulted.ShouldBeTrue();

        var fine = loop.AddAsync("b");
        _turns.Pump();

        fine.Result.ShouldBe("B");
    }

    /// <summary>Items are <c>message:job</c>, or a name that is both.</summary>
    private GroupLoop<string, string> Loop(int maxBatch = 100) => new(_turns, maxBatch, i => (i.Split(':')[0], i.Contains(':') ? "job " + i.Split(':')[1] : null), async batch =>
    {
        _batches.Add(string.Join(" ", batch));
        await _pace().ConfigureAwait(false);
        return batch.FirstOrDefault(_bad.Contains) is { } bad ? throw new IOException(bad) : [.. batch.Select(i => i.ToUpperInvariant())];
    });
}
