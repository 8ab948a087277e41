using System.Collections.Concurrent;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Host.Adapters;
using Hypernode.Host.Messaging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Host.Tests;

/// <summary>A node's queue, read for a node that asks over HTTP: nothing is done with before the node has confirmed it.</summary>
public sealed class NodeMailboxTests : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly NodeId _node = new(Guid.NewGuid());
    private readonly ListQueue _queue = new();
    private readonly NodeMailbox _mailbox;

    public NodeMailboxTests() => _mailbox = NewMailbox();

    public ValueTask DisposeAsync() => _mailbox.DisposeAsync();

    [Fact]
    public async Task Commands_come_in_order_each_until_it_is_confirmed()
    {
        var (first, second) = (_queue.Add(_node), _queue.Add(_node));

        var held = (await TakeAsync())!;
        held.Command.ShouldBe(first);
        (await TakeAsync())!.ShouldBe(held); // its answer was lost
        _mailbox.Confirm(_node, "another").ShouldBeFalse();
        _mailbox.Confirm(new NodeId(Guid.NewGuid()), held.Ack).ShouldBeFalse();
        _mailbox.Confirm(_node, held.Ack).ShouldBeTrue();

        (await TakeAsync())!.Command.ShouldBe(second);
        _queue.Waiting(_node).ShouldBe([second]);
    }

    [Fact]
    public async Task A_question_waits_for_what_is_yet_to_come()
    {
        var asked = TakeAsync();
        asked.IsCompleted.ShouldBeFalse();

        var command = _queue.Add(_node);

        (await asked)!.Command.ShouldBe(command);
    }

    [Fact]
    public async Task Nothing_comes_and_the_wait_has_its_end() =>
        (await _mailbox.TakeAsync(_node, TimeSpan.FromMilliseconds(20), CancellationToken.None)).ShouldBeNull();

    [Fact]
    public async Task A_question_that_is_cancelled_leaves_the_command_where_it_is()
    {
        using var gone = new CancellationTokenSource();
        var asked = _mailbox.TakeAsync(_node, Soon, gone.Token);
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => asked);

        var command = _queue.Add(_node);

        (await TakeAsync())!.Command.ShouldBe(command);
    }

    [Fact]
    public async Task What_was_not_confirmed_when_the_host_goes_is_given_again_elsewhere()
    {
        var command = _queue.Add(_node);
        var held = (await TakeAsync())!;

        await _mailbox.DisposeAsync();

        _queue.Waiting(_node).ShouldBe([command]);
        await using var other = NewMailbox();
        var again = (await other.TakeAsync(_node, Soon, CancellationToken.None))!;
        again.Command.ShouldBe(command);
        again.Ack.ShouldNotBe(held.Ack);
        other.Confirm(_node, held.Ack).ShouldBeFalse();
        other.Confirm(_node, again.Ack).ShouldBeTrue();
    }

    [Fact]
    public async Task A_queue_that_fails_is_opened_anew_by_the_next_question()
    {
        _queue.Fails = true;
        (await TakeAsync()).ShouldBeNull(); // at once: waiting on would be for nothing
        _queue.Fails = false;
        var command = _queue.Add(_node);

        (await TakeAsync())!.Command.ShouldBe(command);
    }

    private Task<Contracts.Ports.HeldCommand?> TakeAsync() => _mailbox.TakeAsync(_node, Soon, CancellationToken.None);

    private NodeMailbox NewMailbox() => new(_queue, new SystemIds(), TimeProvider.System, NullLogger<NodeMailbox>.Instance);

    /// <summary>A queue as the broker's: what its handler did not take stays, the first first.</summary>
    private sealed class ListQueue : INodeQueue
    {
        private readonly ConcurrentDictionary<NodeId, ConcurrentQueue<NodeCommand>> _all = new();
        private readonly SemaphoreSlim _added = new(0);

        public bool Fails { get; set; }

        public NodeCommand Add(NodeId node)
        {
            var command = new StopJob(new JobId(Guid.NewGuid()), node, 1, "test");
            Of(node).Enqueue(command);
            _added.Release();
            return command;
        }

        public IEnumerable<NodeCommand> Waiting(NodeId node) => Of(node);

        public async Task ListenAsync(NodeId node, Func<NodeCommand, CancellationToken, Task> handle, CancellationToken cancellationToken)
        {
            while (!Fails)
            {
                if (!Of(node).TryPeek(out var next))
                {
                    await _added.WaitAsync(cancellationToken);
                    continue;
                }

                await handle(next, cancellationToken);
                Of(node).TryDequeue(out _);
            }

            throw new IOException("the broker is away");
        }

        private ConcurrentQueue<NodeCommand> Of(NodeId node) => _all.GetOrAdd(node, _ => new());
    }
}
