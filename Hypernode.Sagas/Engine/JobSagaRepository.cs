using Hypernode.Contracts.Jobs;
using Hypernode.Sagas.Delivery;
using MassTransit;
using MassTransit.Saga;

namespace Hypernode.Sagas.Engine;

/// <summary>
/// Where MassTransit hands over: it hosts the saga's endpoint and knows which messages are the machine's events. What it
/// would do next (load, raise, save) the engine does itself, so that a message from a queue takes the same way as one from a
/// worker beside us, a timer or a simulation.
/// </summary>
public sealed class JobSagaRepository(JobEngine engine) : ISagaRepositoryContextFactory<JobState>
{
    public void Probe(ProbeContext context) => context.Add("persistence", "hypernode");

    public Task Send<T>(ConsumeContext<T> context, IPipe<SagaRepositoryContext<JobState, T>> next)
        where T : class
    {
        var messageId = context.MessageId ?? throw new InvalidOperationException("a message without an id can't be told from its duplicate");
        return engine.HandleAsync(messageId, Answers.CommandOf(context), (IJobMessage)context.Message, context.CancellationToken);
    }

    public Task SendQuery<T>(ConsumeContext<T> context, ISagaQuery<JobState> query, IPipe<SagaRepositoryQueryContext<JobState, T>> next)
        where T : class => throw new NotSupportedException("jobs are correlated by id only");
}
