namespace Hypernode.Client;

/// <summary>An RFC 9457 answer.</summary>
/// <param name="Type"><c>urn:hypernode:problem:</c> and a stable word.</param>
/// <param name="Detail">For people.</param>
/// <param name="Errors">Every wrong field, where it is about fields.</param>
public sealed record ProblemAnswer(string Type, int Status, string Detail, IReadOnlyList<ProblemField>? Errors = null);

/// <param name="Pointer">JSON pointer (RFC 6901) into the body; for a query <c>?name</c>.</param>
/// <param name="Code">Stable, for programs.</param>
/// <param name="Detail">For people.</param>
public sealed record ProblemField(string Pointer, string Code, string Detail);

/// <summary>The API said no.</summary>
/// <param name="status">HTTP's.</param>
/// <param name="problem">Null: what answered is no API of ours (a proxy, say).</param>
/// <param name="body">As it came.</param>
public sealed class RefusedException(int status, ProblemAnswer? problem, string body)
    : Exception(problem is null ? $"HTTP {status}: {body}" : $"HTTP {status}: {problem.Detail}")
{
    private const string Prefix = "urn:hypernode:problem:";

    public int Status { get; } = status;

    public ProblemAnswer? Problem { get; } = problem;

    /// <summary>The problem's stable word (<c>invalid-field</c>, <c>not-finished</c>); null: it has none.</summary>
    public string? Kind => Problem?.Type?.StartsWith(Prefix, StringComparison.Ordinal) == true ? Problem.Type[Prefix.Length..] : null;

    /// <summary>Every wrong field; empty where it is not about fields.</summary>
    public IReadOnlyList<ProblemField> Fields => Problem?.Errors ?? [];

    /// <summary>When to come again, as the answer says it.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
