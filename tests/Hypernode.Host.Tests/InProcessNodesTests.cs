using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Embedded;

namespace Hypernode.Host.Tests;

public sealed class InProcessNodesTests
{
    private readonly NodeId _node = new(Guid.NewGuid());
    private readonly StopJob _stop;

    public InProcessNodesTests() => _stop = new StopJob(new JobId(Guid.NewGuid()), _node, 1, "test");

    [Fact]
    public async Task A_command_is_delivered_once_its_agent_has_taken_it()
    {
        var nodes = new InProcessNodes(new Lazy<INodeIngress>(() => throw new InvalidOperationException()));
        using var stop = new CancellationTokenSource();
        List<NodeCommand> taken = [];
        var listening = nodes.CreateLink(_node).ListenAsync(
            (command, _) =>
            {
                taken.Add(command);
                return Task.CompletedTask;
            },
            stop.Token);

        await nodes.SendAsync(_node, Guid.NewGuid(), _stop, CancellationToken.None);

        taken.ShouldBe([_stop]);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => listening);
    }

    [Fact]
    public async Task A_command_for_an_agent_that_is_away_is_not_lost_silently()
    {
        var nodes = new InProcessNodes(new Lazy<INodeIngress>(() => throw new InvalidOperationException()));

        await Should.ThrowAsync<InvalidOperationException>(() => nodes.SendAsync(_node, Guid.NewGuid(), _stop, CancellationToken.None));
    }

    [Fact]
    public async Task A_dead_agent_s_end_does_not_unhook_its_successor()
    {
        var nodes = new InProcessNodes(new Lazy<INodeIngress>(() => throw new InvalidOperationException()));
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var taken = 0;
        var old = nodes.CreateLink(_node).ListenAsync((_, _) => Task.CompletedTask, first.Token);
        var heir = nodes.CreateLink(_node).ListenAsync(
            (_, _) =>
            {
                taken++;
                return Task.CompletedTask;
            },
            second.Token);

        await first.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => old);
        await nodes.SendAsync(_node, Guid.NewGuid(), _stop, CancellationToken.None);

        taken.ShouldBe(1);
        await second.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => heir);
    }
}
