using System.Collections.Concurrent;
using Hypernode.Host.Messaging.Adapters.RabbitMq;

namespace Hypernode.Host.Tests;

/// <summary>Which deliveries an acknowledgement may speak for.</summary>
public sealed class AckTests
{
    private readonly AckBook _book = new();

    [Fact]
    public void A_lone_delivery_is_answered_alone()
    {
        Deliver(1);
        _book.Whole.ShouldBeFalse();
        _book.Settle(1, taken: true);
        _book.Whole.ShouldBeTrue();
        _book.Take().ShouldBe([Ack(1)]);
        _book.Take().ShouldBeEmpty();
    }

    [Fact]
    public void What_was_settled_out_of_order_is_acknowledged_together_once_there_is_no_gap()
    {
        Deliver(4);
        Settle(4, 2, 1, 3);
        _book.Take().ShouldBe([AckThrough(4)]);
        _book.Waiting.ShouldBe(0);
    }

    [Fact]
    public void An_acknowledgement_ends_before_the_first_that_is_in_work()
    {
        Deliver(5);
        Settle(1, 2, 4, 5);
        _book.Take().ShouldBe([AckThrough(2)]);
        _book.Waiting.ShouldBe(2);
        Settle(3);
        _book.Take().ShouldBe([AckThrough(5)]);
    }

    [Fact]
    public void What_stands_behind_a_slow_one_is_answered_alone_the_second_time_and_never_again()
    {
        Deliver(4);
        Settle(2, 3);
        _book.Take().ShouldBeEmpty();
        Settle(4);
        _book.Take().ShouldBe([Ack(2), Ack(3)]);
        _book.Take().ShouldBe([Ack(4)]);
        _book.Whole.ShouldBeFalse();
        Settle(1);
        _book.Whole.ShouldBeTrue();
        _book.Take().ShouldBe([Ack(1)], "the others have their answers: an unknown tag would close the channel");
    }

    [Fact]
    public void A_refusal_in_the_middle_is_written_before_the_acknowledgement_that_would_swallow_it()
    {
        Deliver(4);
        Settle(1, 3);
        _book.Settle(2, taken: false);
        _book.Settle(4, taken: false);
        _book.Take().ShouldBe([Refusal(2), Refusal(4), AckThrough(3)], "an acknowledgement names one that has no answer yet");
        _book.Whole.ShouldBeTrue();
        Deliver(5);
        Settle(5);
        _book.Take().ShouldBe([Ack(5)]);
    }

    [Fact]
    public void A_refusal_behind_a_gap_is_written_at_once_and_once()
    {
        Deliver(3);
        _book.Settle(3, taken: false);
        _book.Take().ShouldBe([Refusal(3)]);
        Settle(1, 2);
        _book.Take().ShouldBe([AckThrough(2)]);
        _book.Take().ShouldBeEmpty();
    }

    /// <summary>Against the broker's own rules: an answer names an unanswered delivery, and speaks only for settled ones.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_the_order_each_is_answered_once_and_as_it_was_settled(int seed)
    {
        var random = new Random(seed);
        var inWork = new List<ulong>();
        var settled = new SortedDictionary<ulong, bool>(); // unanswered
        for (var (tag, i) = (0UL, 0); i < 5_000 || inWork.Count > 0; i++)
        {
            if (i < 5_000 && random.Next(2) == 0)
            {
                _book.Delivered(++tag);
                inWork.Add(tag);
            }

            if (inWork.Count > 0 && random.Next(2) == 0)
            {
                var which = inWork[random.Next(Math.Min(inWork.Count, 20))];
                inWork.Remove(which);
                _book.Settle(which, settled[which] = random.Next(10) > 0);
            }

            foreach (var answer in random.Next(8) == 0 ? _book.Take() : [])
            {
                settled.Remove(answer.Tag, out var taken).ShouldBeTrue();
                answer.Taken.ShouldBe(taken);
                if (answer.Multiple)
                {
                    inWork.ShouldAllBe(t => t > answer.Tag);
                    settled.Where(s => s.Key < answer.Tag).ShouldAllBe(s => s.Value);
                    settled.Keys.Where(t => t < answer.Tag).ToList().ForEach(t => settled.Remove(t));
                }
            }

            _book.Whole.ShouldBe(inWork.Count == 0);
        }

        _book.Take();
        _book.Take();
        _book.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task A_lone_delivery_does_not_wait_for_company_and_a_slow_one_holds_nobody_up()
    {
        var written = new ConcurrentQueue<Answer>();
        var writer = Writer(written);
        var running = writer.RunAsync();
        writer.Delivered(1);
        writer.Take(1);
        await UntilAsync(() => written.Count == 1);
        writer.Delivered(2); // stays in work
        writer.Delivered(3);
        writer.Take(3);
        await UntilAsync(() => written.Count == 2);
        writer.Take(2);
        writer.Complete();
        await running;
        written.ShouldBe([Ack(1), Ack(3), Ack(2)]);
    }

    [Fact]
    public async Task What_is_settled_when_the_channel_goes_is_answered_and_what_is_in_work_is_not()
    {
        var written = new ConcurrentQueue<Answer>();
        var writer = Writer(written);
        for (var tag = 1UL; tag <= 4; tag++)
        {
            writer.Delivered(tag);
        }

        writer.Take(1);
        writer.Take(4);
        writer.Refuse(3);
        writer.Complete();
        await writer.RunAsync();
        written.ShouldBe([Refusal(3), Ack(1), Ack(4)]);
    }

    private static AckWriter Writer(ConcurrentQueue<Answer> written) => new(
        answer =>
        {
            written.Enqueue(answer);
            return ValueTask.CompletedTask;
        },
        TimeProvider.System);

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var end = DateTime.UtcNow.AddSeconds(20); !holds(); await Task.Yield())
        {
            DateTime.UtcNow.ShouldBeLessThan(end);
        }
    }

    private void Deliver(ulong through) => _book.Delivered(through);

    private void Settle(params ulong[] tags) => Array.ForEach(tags, tag => _book.Settle(tag, taken: true));

    private static Answer Ack(ulong tag) => new(tag, Taken: true, Multiple: false);

    private static Answer AckThrough(ulong tag) => new(tag, Taken: true, Multiple: true);

    private static Answer Refusal(ulong tag) => new(tag, Taken: false, Multiple: false);
}
