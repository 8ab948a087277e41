namespace Hypernode.Bench.Reference;

// The textbook's thirteen messages a job: one submission, six commands, six events.
public sealed record SubmitJob(Guid JobId, long Amount);

public sealed record VerifyIntent(Guid JobId);

public sealed record IntentVerified(Guid JobId);

public sealed record LockEscrow(Guid JobId, long Amount);

public sealed record EscrowLocked(Guid JobId);

public sealed record AssignJob(Guid JobId);

public sealed record JobAssigned(Guid JobId, string Node);

public sealed record ExecuteJob(Guid JobId, string Node);

public sealed record JobExecuted(Guid JobId, string ResultHash);

public sealed record VerifyResult(Guid JobId, string ResultHash);

public sealed record ResultVerified(Guid JobId);

public sealed record PayNode(Guid JobId, string Node, long Amount);

public sealed record JobPaid(Guid JobId, string Signature);
