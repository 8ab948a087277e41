using MassTransit;

namespace Hypernode.Sagas.Engine;

/// <summary>
/// One event on one job, as MassTransit's state machine wants to see it. There is no bus behind it: a machine that tried to
/// send would fail here (effects are data; I8).
/// </summary>
internal class MachineContext(StateMachine<JobState> machine, JobState job, Event raised) : BehaviorContext<JobState>
{
    public StateMachine<JobState> StateMachine => machine;

    public Event Event => raised;

    public JobState Saga => job;

    public JobState Instance => job;

    public bool IsCompleted => false;

    public CancellationToken CancellationToken => CancellationToken.None;

    public Guid? CorrelationId => job.CorrelationId;

    public Guid? MessageId => null;

    public Guid? RequestId => null;

    public Guid? ConversationId => null;

    public Guid? InitiatorId => null;

    public DateTime? ExpirationTime => null;

    public Uri? SourceAddress => null;

    public Uri? DestinationAddress => null;

    public Uri? ResponseAddress => null;

    public Uri? FaultAddress => null;

    public DateTime? SentTime => null;

    public Headers Headers => throw NoBus();

    public HostInfo Host => throw NoBus();

    public ReceiveContext ReceiveContext => throw NoBus();

    public SerializerContext SerializerContext => throw NoBus();

    public Task ConsumeCompleted => Task.CompletedTask;

    public IEnumerable<string> SupportedMessageTypes => [];

    public BehaviorContext<JobState> CreateProxy(Event other) => new MachineContext(machine, job, other);

    public BehaviorContext<JobState, T> CreateProxy<T>(Event<T> other, T data)
        where T : class => new MachineContext<T>(machine, job, other, data);

    public Task Raise(Event other) => machine.RaiseEvent(CreateProxy(other));

    public Task Raise<T>(Event<T> other, T data)
        where T : class => machine.RaiseEvent(CreateProxy(other, data));

    public bool HasPayloadType(Type payloadType) => false;

    public bool TryGetPayload<T>(out T payload)
        where T : class
    {
        payload = null!;
        return false;
    }

    public T GetOrAddPayload<T>(PayloadFactory<T> payloadFactory)
        where T : class => payloadFactory();

    public T AddOrUpdatePayload<T>(PayloadFactory<T> addFactory, UpdatePayloadFactory<T> updateFactory)
        where T : class => addFactory();

    public bool HasMessageType(Type messageType) => false;

    public bool TryGetMessage<T>(out ConsumeContext<T> consumeContext)
        where T : class
    {
        consumeContext = null!;
        return false;
    }

    public Task SetCompleted() => throw NoBus();

    public void AddConsumeTask(Task task) => throw NoBus();

    public Task RespondAsync<T>(T message)
        where T : class => throw NoBus();

    public Task RespondAsync<T>(T message, IPipe<SendContext<T>> sendPipe)
        where T : class => throw NoBus();

    public Task RespondAsync<T>(T message, IPipe<SendContext> sendPipe)
        where T : class => throw NoBus();

    public Task RespondAsync(object message) => throw NoBus();

    public Task RespondAsync(object message, Type messageType) => throw NoBus();

    public Task RespondAsync(object message, IPipe<SendContext> sendPipe) => throw NoBus();

    public Task RespondAsync(object message, Type messageType, IPipe<SendContext> sendPipe) => throw NoBus();

    public Task RespondAsync<T>(object values)
        where T : class => throw NoBus();

    public Task RespondAsync<T>(object values, IPipe<SendContext<T>> sendPipe)
        where T : class => throw NoBus();

    public Task RespondAsync<T>(object values, IPipe<SendContext> sendPipe)
        where T : class => throw NoBus();

    public void Respond<T>(T message)
        where T : class => throw NoBus();

    public Task NotifyConsumed<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => throw NoBus();

    public Task NotifyFaulted<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => throw NoBus();

    public Task Publish<T>(T message, CancellationToken cancellationToken)
        where T : class => throw NoBus();

    public Task Publish<T>(T message, IPipe<PublishContext<T>> publishPipe, CancellationToken cancellationToken)
        where T : class => throw NoBus();

    public Task Publish<T>(T message, IPipe<PublishContext> publishPipe, CancellationToken cancellationToken)
        where T : class => throw NoBus();

    public Task Publish(object message, CancellationToken cancellationToken) => throw NoBus();

    public Task Publish(object message, IPipe<PublishContext> publishPipe, CancellationToken cancellationToken) => throw NoBus();

    public Task Publish(object message, Type messageType, CancellationToken cancellationToken) => throw NoBus();

    public Task Publish(object message, Type messageType, IPipe<PublishContext> publishPipe, CancellationToken cancellationToken) => throw NoBus();

    public Task Publish<T>(object values, CancellationToken cancellationToken)
        where T : class => throw NoBus();

    public Task Publish<T>(object values, IPipe<PublishContext<T>> publishPipe, CancellationToken cancellationToken)
        where T : class => throw NoBus();

    public Task Publish<T>(object values, IPipe<PublishContext> publishPipe, CancellationToken cancellationToken)
        where T : class => throw NoBus();

    public Task<ISendEndpoint> GetSendEndpoint(Uri address) => throw NoBus();

    public ConnectHandle ConnectSendObserver(ISendObserver observer) => throw NoBus();

    public ConnectHandle ConnectPublishObserver(IPublishObserver observer) => throw NoBus();

    public Task<SendTuple<T>> Init<T>(object values)
        where T : class => throw NoBus();

    private static InvalidOperationException NoBus() => new("the machine has no bus: what it wants sent goes into the job's effects");
}

internal sealed class MachineContext<T>(StateMachine<JobState> machine, JobState job, Event<T> raised, T message)
    : MachineContext(machine, job, raised), BehaviorContext<JobState, T>
    where T : class
{
    public T Message => message;

    public T Data => message;

    Event<T> BehaviorContext<JobState, T>.Event => raised;

    public Task NotifyConsumed(TimeSpan duration, string consumerType) => Task.CompletedTask;

    public Task NotifyFaulted(TimeSpan duration, string consumerType, Exception exception) => Task.CompletedTask;
}
