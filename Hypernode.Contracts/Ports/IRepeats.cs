using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Ports;

/// <summary>Answers to requests that carried an Idempotency-Key, kept for a day: a repeat gets the answer that was lost.</summary>
public interface IRepeats
{
    /// <summary>Takes the key for this request, or says what became of the one that has it.</summary>
    /// <param name="caller">Whose key it is: two callers' equal keys have nothing to do with each other.</param>
    /// <param name="request">Hash of method, route and body.</param>
    /// <param name="staleAt">A request that began before this and has no answer yet is taken for dead.</param>
    /// <param name="forgottenAt">Answers from before this are forgotten.</param>
    Task<RepeatFound> BeginAsync(
        string caller, string key, Hash256 request, DateTimeOffset now, DateTimeOffset staleAt, DateTimeOffset forgottenAt, CancellationToken cancellationToken);

    /// <summary>The answer that every repeat gets.</summary>
    Task KeepAsync(string caller, string key, KeptAnswer answer, CancellationToken cancellationToken);

    /// <summary>There is no answer to keep: the key is free again.</summary>
    Task ForgetAsync(string caller, string key, CancellationToken cancellationToken);
}

public abstract record RepeatFound
{
    private RepeatFound()
    {
    }

    /// <summary>It is the first: act, then keep or forget.</summary>
    public sealed record First : RepeatFound;

    /// <summary>The same request is being answered now.</summary>
    public sealed record UnderWay : RepeatFound;

    /// <summary>The key belongs to another request.</summary>
    public sealed record Another : RepeatFound;

    public sealed record Answered(KeptAnswer Answer) : RepeatFound;
}

/// <param name="Location">The header, where the answer had one.</param>
public sealed record KeptAnswer(int Status, string? Location, string Body);
