using Hypernode.Contracts.Ports;

namespace Hypernode.Storage.Shared;

/// <summary>The intake's transaction, one a storage.</summary>
internal interface IIntakeWriter
{
    /// <summary>
    /// One transaction for all of them; each is accepted with all of its rows (user, job, intent, history, first message, its
    /// timer), or refused by the name of what is taken and writes nothing.
    /// </summary>
    /// <returns>In their order. Null: something stood in the way that can't be named yet; ask again.</returns>
    Task<IReadOnlyList<IntakeResult?>> WriteAsync(IReadOnlyList<NewJob> jobs, CancellationToken cancellationToken);
}

/// <param name="UserId">For the wallet's user, if there is none.</param>
/// <param name="FirstMessage">It wakes the saga.</param>
/// <param name="AgainAt">When it comes again, unless the saga's first step replaced its timer: until then it is what wakes the job (I7).</param>
internal sealed record NewJob(JobSubmission Submission, Guid UserId, OutboxMessage FirstMessage, DateTimeOffset AgainAt)
{
    /// <summary>What an intent that is there says to this submission; null: it has nothing to do with it.</summary>
    public IntakeResult? Meets(KnownIntent known)
    {
        var (s, intent) = (Submission, Submission.Intent);
        var (sameIntent, sameJob) = (known.IntentId == intent.IntentId.ToString(), known.JobId == intent.JobId.ToString());
        var sameNonce = known.Client == intent.Client.ToString() && known.Nonce == intent.Nonce.ToString();
        return (sameNonce, sameIntent, sameJob) switch
        {
            (true, true, true) when known.Signature == s.Signature.ToString() && known.SpecHash == s.SpecHash.ToString() => IntakeResult.Repeated,
            (true, _, _) => IntakeResult.NonceUsed,
            (_, true, _) => IntakeResult.IntentUsed,
            (_, _, true) => IntakeResult.JobUsed,
            _ => null,
        };
    }

    /// <summary>What is told when several intents stand in its way: the enumeration's own order.</summary>
    public IntakeResult? Meets(IEnumerable<KnownIntent> known) => known.Select(Meets).Where(r => r is not null).DefaultIfEmpty().Min();
}

internal sealed record KnownIntent(string IntentId, string JobId, string Client, string Nonce, string Signature, string SpecHash);
