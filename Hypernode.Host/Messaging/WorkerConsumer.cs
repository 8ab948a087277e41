using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using MassTransit;

namespace Hypernode.Host.Messaging;

/// <summary>A worker on a queue: its answer goes to the saga and names the command, whose outbox row goes with the answer's commit.</summary>
public sealed class WorkerConsumer<TCommand>(IHandle<TCommand> worker) : IConsumer<TCommand>
    where TCommand : class
{
    public async Task Consume(ConsumeContext<TCommand> context)
    {
        var answer = await worker.HandleAsync(context.Message, context.CancellationToken);
        var saga = await context.GetSendEndpoint(new Uri($"exchange:{Queues.JobSaga}"));
        var cause = context.MessageId?.ToString();
        await saga.Send(
            answer, answer.GetType(), Pipe.Execute<SendContext>(c => c.Headers.Set(CauseHeader.Name, cause)), context.CancellationToken);
    }
}
