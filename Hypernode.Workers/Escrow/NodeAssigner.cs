using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Escrow;

/// <summary>Writes attempt and payee into the payment on chain. It waits for a cause that may pass: the lease timer ends the wait.</summary>
public sealed class NodeAssigner(IEscrow escrow, ILogger<NodeAssigner> logger) : IHandle<AssignNode>
{
    public async Task<object> HandleAsync(AssignNode command, CancellationToken cancellationToken) =>
        await escrow.AssignAsync(command, cancellationToken) switch
        {
            EscrowAnswer.Done done when done.Payment.Attempt == command.Attempt && done.Payment.AssignedNode == command.Authority =>
                new NodeAssigned(command.JobId, command.Attempt, done.Signature),
            EscrowAnswer.Done done => Failed(command, "assigned-elsewhere", $"the payment names attempt {done.Payment.Attempt} of {done.Payment.AssignedNode}"),
            EscrowAnswer.Refused { CanRetry: false } refused => Failed(command, refused.Code, refused.Detail),
            EscrowAnswer.Refused refused => throw new AnswerUnknownException($"not assigned yet, {refused.Code}: {refused.Detail}"),
            EscrowAnswer.Unknown unknown => throw new AnswerUnknownException($"answer of the assignment unknown: {unknown.Detail}"),
            var other => throw new AnswerUnknownException($"no such answer: {other.GetType().Name}"),
        };

    private NodeAssignmentFailed Failed(AssignNode command, string code, string detail)
    {
        Log.AssignmentFailed(logger, command.JobId, command.Attempt, code, detail);
        return new NodeAssignmentFailed(command.JobId, command.Attempt, code, detail);
    }
}
