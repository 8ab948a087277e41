using System.Text.Json;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Adapters.RabbitMq;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

public sealed class OutgoingQueueTests : IDisposable
{
    private readonly List<Outgoing> _published = [];
    private readonly OutgoingQueue _queue;
    private TaskCompletionSource _confirm = new();

    public OutgoingQueueTests() => _queue = new OutgoingQueue((message, _) =>
    {
        _published.Add(message);
        return _confirm.Task;
    });

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task What_is_said_while_a_confirm_is_under_way_goes_together_with_the_next()
    {
        var sending = Enumerable.Range(0, 5).Select(i => _queue.SendAsync(new Beat(i, []), default)).ToList();
        _published.Count.ShouldBe(1);
        sending.ShouldAllBe(s => !s.IsCompleted);
        _confirm.SetResult();
        await Task.WhenAll(sending).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
        _published.Count.ShouldBe(2);
        Read(_published[1]).ShouldBeOfType<NodeBundle>().Messages.Select(m => ((Beat)m!).At).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public async Task All_that_went_together_hear_that_it_failed_and_the_next_is_sent()
    {
        var sending = Enumerable.Range(0, 3).Select(i => _queue.SendAsync(new Beat(i, []), default)).ToList();
        _confirm.SetException(new IOException("no broker"));
        foreach (var send in sending)
        {
            await Should.ThrowAsync<IOException>(() => send);
        }

        _confirm = new TaskCompletionSource();
        _confirm.SetResult();
        await _queue.SendAsync(new Beat(9, []), default);
        Read(_published[^1]).ShouldBeOfType<Beat>().At.ShouldBe(9);
    }

    [Fact]
    public void One_message_goes_as_itself_and_several_as_a_bundle()
    {
        _queue.Add(new Beat(1, []));
        var alone = OutgoingQueue.Pack(_queue.TakeBatch()).ShouldHaveSingleItem();
        alone.Kind.ShouldBe("beat");
        Read(alone).ShouldBeOfType<Beat>().At.ShouldBe(1);

        _queue.Add(new Beat(2, []));
        _queue.Add(new NodeBundle([new Beat(3, []), new Beat(4, [])]));
        var together = OutgoingQueue.Pack(_queue.TakeBatch()).ShouldHaveSingleItem();
        together.Kind.ShouldBe("bundle");
        together.Body.ToArray().ShouldBe(
            JsonSerializer.SerializeToUtf8Bytes<NodeMessage>(new NodeBundle([new Beat(2, []), new Beat(3, []), new Beat(4, [])]), ContractJson.Options));
        _queue.TakeBatch().ShouldBeEmpty();
    }

    [Fact]
    public void A_message_holds_no_more_than_its_bounds_and_the_order_stays()
    {
        for (var i = 0; i < 150; i++)
        {
            _queue.Add(i % 50 == 7 ? Logs(100, 10) : i % 50 == 9 ? Logs(10, 30_000) : new Beat(i, []));
        }

        var messages = new List<NodeBundle>();
        for (var batch = _queue.TakeBatch(); batch.Count > 0; batch = _queue.TakeBatch())
        {
            messages.Add(Read(OutgoingQueue.Pack(batch).ShouldHaveSingleItem()).ShouldBeOfType<NodeBundle>());
        }

        messages.ShouldAllBe(m => m.Messages.Count <= NodeBundle.MaxMessages);
        messages.ShouldAllBe(m => m.Messages.OfType<LogChunks>().Sum(l => l.Chunks.Count) <= NodeBundle.MaxChunks);
        messages.SelectMany(m => m.Messages).Count().ShouldBe(150);
        messages.SelectMany(m => m.Messages).OfType<Beat>().Select(b => b.At).ShouldBeInOrder();
    }

    [Fact]
    public void What_is_too_large_for_company_goes_alone_in_its_place()
    {
        _queue.Add(new NodeBundle([new Beat(1, []), Logs(40, 30_000), new Beat(2, [])]));
        var messages = OutgoingQueue.Pack(_queue.TakeBatch()).ToList();
        messages.Select(m => m.Kind).ShouldBe(["beat", "logs", "beat"]);
    }

    [Fact]
    public void One_that_gives_up_before_it_is_taken_is_not_sent()
    {
        _queue.Add(new Beat(1, []));
        var second = _queue.Add(new Beat(2, []));
        _queue.Add(new Beat(3, []));
        _queue.Withdraw(second);
        Read(OutgoingQueue.Pack(_queue.TakeBatch()).Single()).ShouldBeOfType<NodeBundle>().Messages.Select(m => ((Beat)m!).At).ShouldBe([1, 3]);
    }

    private static LogChunks Logs(int count, int bytes) =>
        new([.. Enumerable.Range(0, count).Select(i => new LogChunk(new JobId(TestKit.NewId()), 1, i, "stdout", 0, new byte[bytes], Hash256.Zero))]);

    private static NodeMessage? Read(Outgoing message) => JsonSerializer.Deserialize<NodeMessage>(message.Body.Span, ContractJson.Options);
}
