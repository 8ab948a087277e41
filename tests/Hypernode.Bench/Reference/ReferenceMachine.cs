using System.Collections.Concurrent;
using MassTransit;

namespace Hypernode.Bench.Reference;

public sealed class ReferenceJob : SagaStateMachineInstance
{
    public Guid CorrelationId { get; set; }

    public string CurrentState { get; set; } = "";

    public long Amount { get; set; }

    public string Node { get; set; } = "";

    public string ResultHash { get; set; } = "";

    public string Signature { get; set; } = "";
}

/// <summary>A job as a MassTransit saga of the textbook: seven transitions, each command and each event a message.</summary>
public sealed class ReferenceMachine : MassTransitStateMachine<ReferenceJob>
{
    public ReferenceMachine(EndedJobs ended)
    {
        InstanceState(x => x.CurrentState);
        Event(() => OnSubmit, x => x.CorrelateById(m => m.Message.JobId));
        Event(() => OnIntent, x => x.CorrelateById(m => m.Message.JobId));
        Event(() => OnEscrow, x => x.CorrelateById(m => m.Message.JobId));
        Event(() => OnAssigned, x => x.CorrelateById(m => m.Message.JobId));
        Event(() => OnExecuted, x => x.CorrelateById(m => m.Message.JobId));
        Event(() => OnVerified, x => x.CorrelateById(m => m.Message.JobId));
        Event(() => OnPaid, x => x.CorrelateById(m => m.Message.JobId));

        Initially(When(OnSubmit)
            .Then(c => c.Saga.Amount = c.Message.Amount)
            .Publish(c => new VerifyIntent(c.Saga.CorrelationId))
            .TransitionTo(Submitted));
        During(Submitted, When(OnIntent).Publish(c => new LockEscrow(c.Saga.CorrelationId, c.Saga.Amount)).TransitionTo(IntentOk));
        During(IntentOk, When(OnEscrow).Publish(c => new AssignJob(c.Saga.CorrelationId)).TransitionTo(Escrowed));
        During(Escrowed, When(OnAssigned)
            .Then(c => c.Saga.Node = c.Message.Node)
            .Publish(c => new ExecuteJob(c.Saga.CorrelationId, c.Message.Node))
            .TransitionTo(Assigned));
        During(Assigned, When(OnExecuted)
            .Then(c => c.Saga.ResultHash = c.Message.ResultHash)
            .Publish(c => new VerifyResult(c.Saga.CorrelationId, c.Message.ResultHash))
            .TransitionTo(Executed));
        During(Executed, When(OnVerified)
            .Publish(c => new PayNode(c.Saga.CorrelationId, c.Saga.Node, c.Saga.Amount))
            .TransitionTo(Verified));
        During(Verified, When(OnPaid)
            .Then(c => c.Saga.Signature = c.Message.Signature)
            .TransitionTo(Paid)
            .Then(c => ended.Ended(c.Saga.CorrelationId)));
    }

    public State Submitted { get; private set; } = null!;

    public State IntentOk { get; private set; } = null!;

    public State Escrowed { get; private set; } = null!;

    public State Assigned { get; private set; } = null!;

    public State Executed { get; private set; } = null!;

    public State Verified { get; private set; } = null!;

    public State Paid { get; private set; } = null!;

    public Event<SubmitJob> OnSubmit { get; private set; } = null!;

    public Event<IntentVerified> OnIntent { get; private set; } = null!;

    public Event<EscrowLocked> OnEscrow { get; private set; } = null!;

    public Event<JobAssigned> OnAssigned { get; private set; } = null!;

    public Event<JobExecuted> OnExecuted { get; private set; } = null!;

    public Event<ResultVerified> OnVerified { get; private set; } = null!;

    public Event<JobPaid> OnPaid { get; private set; } = null!;
}

/// <summary>Who waits for a job's end.</summary>
public sealed class EndedJobs
{
    private readonly ConcurrentDictionary<Guid, Action> _waiting = new();

    public void Expect(Guid job, Action ended) => _waiting[job] = ended;

    public void Ended(Guid job)
    {
        if (_waiting.TryRemove(job, out var ended))
        {
            ended();
        }
    }
}

/// <summary>The six workers: each answers at once.</summary>
public sealed class ReferenceWorkers :
    IConsumer<VerifyIntent>, IConsumer<LockEscrow>, IConsumer<AssignJob>, IConsumer<VerifyResult>, IConsumer<PayNode>
{
    public Task Consume(ConsumeContext<VerifyIntent> context) => context.Publish(new IntentVerified(context.Message.JobId));

    public Task Consume(ConsumeContext<LockEscrow> context) => context.Publish(new EscrowLocked(context.Message.JobId));

    public Task Consume(ConsumeContext<AssignJob> context) => context.Publish(new JobAssigned(context.Message.JobId, "node-1"));

    public Task Consume(ConsumeContext<VerifyResult> context) => context.Publish(new ResultVerified(context.Message.JobId));

    public Task Consume(ConsumeContext<PayNode> context) => context.Publish(new JobPaid(context.Message.JobId, "SimulatedChain"));
}

public sealed class ReferenceAgent : IConsumer<ExecuteJob>
{
    public Task Consume(ConsumeContext<ExecuteJob> context) => context.Publish(new JobExecuted(context.Message.JobId, "hash"));
}
