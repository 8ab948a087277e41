using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers;

/// <summary>What workers log. Event ids 3000–3999, stable: runbooks and alarms cite them.</summary>
internal static partial class Log
{
    [LoggerMessage(3000, LogLevel.Information, "{JobId}: intent refused, {Code}: {Detail}")]
    public static partial void IntentRefused(ILogger logger, JobId jobId, string code, string detail);

    [LoggerMessage(3100, LogLevel.Warning, "{JobId}: escrow not locked, {Code}: {Detail}")]
    public static partial void LockFailed(ILogger logger, JobId jobId, string code, string detail);

    [LoggerMessage(3101, LogLevel.Warning, "{JobId}: answer of the lock unknown: {Detail}")]
    public static partial void LockUnknown(ILogger logger, JobId jobId, string detail);

    [LoggerMessage(3102, LogLevel.Error, "{JobId}: the payment on chain is not the one we asked for: {Detail}")]
    public static partial void PaymentDiffers(ILogger logger, JobId jobId, string detail);

    [LoggerMessage(3103, LogLevel.Warning, "{JobId} attempt {Attempt}: assignment refused, {Code}: {Detail}")]
    public static partial void AssignmentFailed(ILogger logger, JobId jobId, int attempt, string code, string detail);

    [LoggerMessage(3200, LogLevel.Debug, "{JobId} attempt {Attempt}: no node, {Reason}")]
    public static partial void NoNode(ILogger logger, JobId jobId, int attempt, string reason);

    [LoggerMessage(3300, LogLevel.Information, "{JobId} attempt {Attempt}: {Verdict}, score {Score}, charge {Charge}: {Detail}")]
    public static partial void Judged(ILogger logger, JobId jobId, int attempt, Verdict verdict, int score, ulong charge, string detail);

    [LoggerMessage(3400, LogLevel.Warning, "{JobId}: not settled, {Code}: {Detail} (can retry: {CanRetry})")]
    public static partial void SettlementFailed(ILogger logger, JobId jobId, string code, string detail, bool canRetry);

    [LoggerMessage(3401, LogLevel.Warning, "{JobId}: answer of the settlement unknown: {Detail}")]
    public static partial void SettlementUnknown(ILogger logger, JobId jobId, string detail);

    [LoggerMessage(3402, LogLevel.Warning, "{JobId}: not refunded yet, {Code}: {Detail}")]
    public static partial void RefundFailed(ILogger logger, JobId jobId, string code, string detail);

    [LoggerMessage(3403, LogLevel.Error, "{JobId}: settled on chain with a charge of {Charge} base units, asked for {Asked}")]
    public static partial void ChargeDiffers(ILogger logger, JobId jobId, ulong charge, ulong asked);

    [LoggerMessage(3500, LogLevel.Warning, "node {NodeId}: {Kind} dropped, {Reason}")]
    public static partial void Dropped(ILogger logger, NodeId nodeId, string kind, string reason);

    [LoggerMessage(3501, LogLevel.Information, "{JobId} attempt {Attempt}: node {NodeId} silent for {Seconds} s")]
    public static partial void Silent(ILogger logger, JobId jobId, int attempt, NodeId nodeId, long seconds);

    [LoggerMessage(3502, LogLevel.Information, "node {NodeId} is {Status}")]
    public static partial void StatusChanged(ILogger logger, NodeId nodeId, NodeStatus status);

    [LoggerMessage(3503, LogLevel.Information, "the liveness clock stood still: nobody watched for {Seconds} s")]
    public static partial void ClockStoodStill(ILogger logger, long seconds);

    [LoggerMessage(3504, LogLevel.Warning, "node {NodeId} is revoked: {Command} was not sent to it. Message {MessageId}")]
    public static partial void Withheld(ILogger logger, NodeId nodeId, string command, Guid messageId);

    [LoggerMessage(3505, LogLevel.Warning, "node {NodeId} is {Status}: its open connection at the broker was closed")]
    public static partial void ConnectionClosed(ILogger logger, NodeId nodeId, NodeStatus status);

    [LoggerMessage(3600, LogLevel.Error, "payment {IntentId} of {JobId} is open past its settle_by and its job is {State}: refunding it")]
    public static partial void OrphanFound(ILogger logger, IntentId intentId, JobId jobId, string state);

    [LoggerMessage(3602, LogLevel.Information, "{Closed} of {Due} payments that are over were closed, and their rent is back")]
    public static partial void PaymentsClosed(ILogger logger, int closed, int due);

    [LoggerMessage(3603, LogLevel.Warning, "payments that are over could not be closed now: {Detail}; the next sweep goes on")]
    public static partial void PaymentsNotClosed(ILogger logger, string detail);

    [LoggerMessage(3601, LogLevel.Error, "payment {IntentId} of {JobId}: orphan not refunded, {Detail}; the next sweep tries again")]
    public static partial void OrphanNotRefunded(ILogger logger, IntentId intentId, JobId jobId, string detail);

    [LoggerMessage(3604, LogLevel.Information, "{Count} deposits that came too late or twice went back to their payers")]
    public static partial void DepositsReclaimed(ILogger logger, int count);

    [LoggerMessage(3605, LogLevel.Warning, "Deposits that came too late or twice could not go back now: {Reason}")]
    public static partial void DepositsNotReclaimed(ILogger logger, string reason);
}
