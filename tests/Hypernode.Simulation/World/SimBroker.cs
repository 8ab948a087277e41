using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using Hypernode.Simulation.Faults;

namespace Hypernode.Simulation.World;

/// <summary>A message in a queue.</summary>
/// <param name="Command">On an answer: the command that it answers.</param>
/// <param name="Sender">On a node's message: whose user wrote it.</param>
internal sealed record SimMessage(Guid Id, string Type, string Body, Guid? Command = null, JobId? JobId = null, NodeMessage? FromNode = null, NodeId? Sender = null);

/// <summary>One consumer: a host's endpoint, or a node's agent.</summary>
internal sealed class Subscription(SimQueue queue, int prefetch, Func<bool> alive, Func<SimMessage, Task> handle, SimHost? host)
{
    public SimQueue Queue => queue;

    public SimHost? Host => host;

    public bool Alive => alive();

    public int Free => prefetch - InFlight.Count;

    public HashSet<Delivery> InFlight { get; } = [];

    public Task HandleAsync(SimMessage message) => handle(message);
}

internal sealed class Delivery(SimMessage message, int count)
{
    public SimMessage Message => message;

    /// <summary>How often it was delivered before.</summary>
    public int Count => count;

    public long Order { get; init; }

    /// <summary>False once it is acknowledged, refused, or the connection that it went over is gone.</summary>
    public bool Open { get; set; } = true;
}

internal sealed class SimQueue(string name)
{
    public string Name => name;

    public List<Delivery> Waiting { get; } = [];

    public List<Subscription> Consumers { get; } = [];

    /// <summary>Messages that are due only later: delayed, or refused a moment ago.</summary>
    public int Held { get; set; }

    public long LastOrder { get; set; } = -1;

    /// <summary>Neither acknowledged nor dead.</summary>
    public int Open => Waiting.Count + Held + Consumers.Sum(c => c.InFlight.Count);
}

/// <summary>
/// Durable queues with confirms, acknowledgements, redelivery, a delivery limit and dead letters: what the product may expect of
/// RabbitMQ, and what it has to survive of it.
/// </summary>
internal sealed class SimBroker(Universe universe)
{
    private const int DeliveryLimit = 10;

    private readonly SortedDictionary<string, SimQueue> _queues = new(StringComparer.Ordinal);
    private long _order;

    public bool IsDown { get; private set; }

    public bool IsBlocked { get; private set; }

    public List<(string Queue, SimMessage Message)> DeadLetters { get; } = [];

    public IEnumerable<SimQueue> Queues => _queues.Values;

    public SimQueue QueueOf(string name)
    {
        if (!_queues.TryGetValue(name, out var queue))
        {
            _queues.Add(name, queue = new SimQueue(name));
        }

        return queue;
    }

    public Subscription Subscribe(string name, int prefetch, Func<bool> alive, Func<SimMessage, Task> handle, SimHost? host = null)
    {
        var queue = QueueOf(name);
        var subscription = new Subscription(queue, prefetch, alive, handle, host);
        queue.Consumers.Add(subscription);
        universe.Loop.After(universe.Random.Latency(1, 50), () => Pump(queue));
        return subscription;
    }

    /// <summary>What the broker does once a publish has reached it; the caller models the way there and back.</summary>
    public void Enqueue(string name, SimMessage message)
    {
        message = universe.OtherVersion.Message(message);
        universe.Saw.Published(message);
        universe.Trace.Add("publish", message.Id, more: $"{name} {message.Type}");
        var queue = QueueOf(name);
        var (faults, random) = (universe.Faults, universe.Random);
        if (faults.Strike(FaultId.F06, 0.02))
        {
            Hold(queue, new Delivery(message, 0) { Order = _order }, random.Seconds(0, random.Chance(0.2) ? 30 : 1));
        }

        var delivery = new Delivery(message, 0) { Order = _order++ };
        if (faults.Roll(FaultId.F08, 0.01) && universe.Saw.NextTimerOf(message.JobId) is { } due)
        {
            var delay = due - universe.Loop.Now + random.Seconds(0.1, 20);
            if (delay < TimeSpan.FromMinutes(10))
            {
                faults.Happened(FaultId.F08);
                Hold(queue, delivery, delay);
                return;
            }
        }

        if (faults.Roll(FaultId.F07, 0.03))
        {
            Hold(queue, delivery, random.Seconds(0.005, 3));
            return;
        }

        queue.Waiting.Add(delivery);
        universe.Loop.After(random.Latency(0.1, 3), () => Pump(queue));
    }

    /// <summary>The same timer a second time, under an id of its own.</summary>
    public OutboxMessage FireAgain(OutboxMessage fired)
    {
        var again = fired with { MessageId = universe.Random.NextGuid() };
        universe.Saw.TimerFired(again);
        return again;
    }

    /// <summary>F10: every connection breaks, what was not acknowledged is delivered again.</summary>
    public void Restart(TimeSpan downtime)
    {
        universe.Trace.Add("broker restart");
        IsDown = true;
        foreach (var subscription in _queues.Values.SelectMany(q => q.Consumers))
        {
            GiveBack(subscription);
        }

        universe.Hosts.ForEach(h => h.Parts?.IngressDown());
        universe.Loop.After(downtime, () =>
        {
            IsDown = false;
            universe.Hosts.ForEach(h => h.Parts?.IngressUp());
            PumpAll();
        });
    }

    /// <summary>F11: publishers are held until the alarm is over.</summary>
    public void Block(TimeSpan time)
    {
        IsBlocked = true;
        universe.Loop.After(time, () => IsBlocked = false);
    }

    /// <summary>A consumer's process is gone.</summary>
    public void Disconnect(SimHost host)
    {
        foreach (var queue in _queues.Values)
        {
            foreach (var subscription in queue.Consumers.Where(c => c.Host == host).ToList())
            {
                queue.Consumers.Remove(subscription);
                GiveBack(subscription);
            }

            universe.Loop.After(universe.Random.Latency(10, 2_000), () => Pump(queue));
        }
    }

    public void Disconnect(Subscription subscription)
    {
        subscription.Queue.Consumers.Remove(subscription);
        GiveBack(subscription);
    }

    public void PumpAll()
    {
        foreach (var queue in _queues.Values)
        {
            Pump(queue);
        }
    }

    public void Replay((string Queue, SimMessage Message) letter)
    {
        universe.Trace.Add("replay", letter.Message.Id, more: letter.Queue);
        var queue = QueueOf(letter.Queue);
        queue.Waiting.Add(new Delivery(letter.Message, 0) { Order = _order++ });
        Pump(queue);
    }

    private void GiveBack(Subscription subscription)
    {
        foreach (var delivery in subscription.InFlight)
        {
            delivery.Open = false;
            subscription.Queue.Waiting.Add(new Delivery(delivery.Message, delivery.Count + 1) { Order = delivery.Order });
        }

        subscription.InFlight.Clear();
    }

    private void Hold(SimQueue queue, Delivery delivery, TimeSpan time)
    {
        queue.Held++;
        universe.Loop.After(time, () =>
        {
            queue.Held--;
            queue.Waiting.Add(delivery);
            Pump(queue);
        });
    }

    private void Pump(SimQueue queue)
    {
        while (!IsDown && queue.Waiting.Count > 0)
        {
            var delivery = queue.Waiting[0];
            if (ConsumerFor(queue, delivery.Message) is not { } consumer)
            {
                return;
            }

            queue.Waiting.RemoveAt(0);
            if (delivery.Order < queue.LastOrder && delivery.Count == 0)
            {
                universe.Faults.Happened(FaultId.F07);
            }

            queue.LastOrder = Math.Max(queue.LastOrder, delivery.Order);
            consumer.InFlight.Add(delivery);
            universe.Trace.Add("deliver", delivery.Message.Id, delivery.Count, queue.Name);
            if (consumer.Host is { } host)
            {
                universe.Saw.Delivered(host, delivery.Message);
            }

            _ = DeliverAsync(consumer, delivery);
        }
    }

    /// <summary>
    /// Any host may get any message: two hosts are often at one job at once (F15). In a universe without F15 each job has its one
    /// host as long as that lives, as a single active consumer gives it.
    /// </summary>
    private Subscription? ConsumerFor(SimQueue queue, SimMessage message)
    {
        var free = queue.Consumers.Where(c => c.Alive && c.Free > 0).ToList();
        if (free.Count == 0)
        {
            return null;
        }

        return message.JobId is { } job && !universe.Faults.Has(FaultId.F15)
            ? free[(int)((uint)job.Value.GetHashCode() % (uint)free.Count)]
            : universe.Random.Pick(free);
    }

    private async Task DeliverAsync(Subscription consumer, Delivery delivery)
    {
        Exception? failure = null;
        try
        {
            await consumer.HandleAsync(delivery.Message);
        }
        catch (Exception e) when (e is not HarnessException)
        {
            failure = e;
        }

        if (!delivery.Open)
        {
            return;
        }

        if (failure is null && consumer.Queue.Name == Contracts.Topology.Queues.JobSaga)
        {
            universe.Saw.Acknowledged(delivery.Message);
        }

        if (failure is null && consumer.Host is { } host && universe.Faults.Strike(FaultId.F02, 0.004))
        {
            host.Crash("after publish before ack");
            return;
        }

        consumer.InFlight.Remove(delivery);
        delivery.Open = false;
        if (failure is not null)
        {
            Refuse(consumer.Queue, delivery, failure);
        }
        else if (universe.Faults.Strike(FaultId.F06, 0.01))
        {
            // Handled, and the acknowledgement never got here.
            Hold(consumer.Queue, new Delivery(delivery.Message, delivery.Count + 1) { Order = delivery.Order }, universe.Random.Seconds(0.01, 5));
        }
        else if (universe.Faults.Roll(FaultId.F26, 0.004))
        {
            // Handled many times over without an acknowledgement: it ends among the dead letters although its work is done.
            DeadLetters.Add((consumer.Queue.Name, delivery.Message));
        }

        Pump(consumer.Queue);
    }

    private void Refuse(SimQueue queue, Delivery delivery, Exception failure)
    {
        universe.Trace.Add("refuse", delivery.Message.Id, delivery.Count, failure.GetType().Name);
        if (delivery.Count + 1 >= DeliveryLimit)
        {
            DeadLetters.Add((queue.Name, delivery.Message));
            universe.Trace.Add("dead letter", delivery.Message.Id, more: queue.Name);
            return;
        }

        Hold(queue, new Delivery(delivery.Message, delivery.Count + 1) { Order = delivery.Order }, universe.Random.Seconds(0.2, 4));
    }
}

/// <summary>One host's connection to the broker.</summary>
internal sealed class HostBroker(Universe universe, SimHost host) : Sagas.Delivery.IQueueSender, INodeCommandSender
{
    public Task SendAsync(OutboxMessage row, object message, CancellationToken cancellationToken) =>
        PublishAsync(row.Destination, new SimMessage(row.MessageId, row.Type, row.Body, null, row.JobId));

    public Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken) => PublishAsync(
        Contracts.Topology.Queues.Node(node),
        new SimMessage(messageId, command.GetType().FullName!, ContractCodec.Serialize(command), null, (command as IJobMessage)?.JobId));

    public async Task PublishAsync(string queue, SimMessage message)
    {
        var broker = universe.Broker;
        if (broker.IsBlocked)
        {
            universe.Faults.Happened(FaultId.F11);
            while (broker.IsBlocked)
            {
                await host.PauseAsync(TimeSpan.FromMilliseconds(500));
            }
        }

        await host.CallAsync(
            () =>
            {
                if (broker.IsDown)
                {
                    throw new SimBrokerException("the connection to the broker is closed");
                }

                broker.Enqueue(queue, message);
                if (universe.Faults.Strike(FaultId.F04, 0.01))
                {
                    throw new SimBrokerException("no confirm came");
                }

                return true;
            },
            0.1,
            3,
            beforeAnswer: () =>
            {
                if (universe.Saw.IsPartial(host, message.Id) && universe.Faults.Strike(FaultId.F03, 0.02))
                {
                    host.Crash("with a part published");
                }

                return null;
            });
    }
}
