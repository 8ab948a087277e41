using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Delivery;
using MassTransit;

namespace Hypernode.Host.Messaging;

/// <summary>A worker on a queue: its answer goes to the saga and names the command, whose outbox row goes with the answer's commit.</summary>
public sealed class WorkerConsumer<TCommand>(IHandle<TCommand> worker) : IConsumer<TCommand>
    where TCommand : class
{
    public async Task Consume(ConsumeContext<TCommand> context)
    {
        var command = context.MessageId ?? throw new InvalidOperationException("a command without an id can't be answered");
        var answer = await worker.HandleAsync(context.Message, context.CancellationToken);
        var saga = await context.GetSendEndpoint(new Uri($"exchange:{Queues.Address(Queues.Of(answer), (answer as IJobMessage)?.JobId)}"));
        var named = Pipe.Execute<SendContext>(c =>
        {
            c.MessageId = Answers.IdOf(command);
            c.Headers.Set(Answers.CommandHeader, command.ToString());
        });
        await saga.Send(answer, answer.GetType(), named, context.CancellationToken);
    }
}
