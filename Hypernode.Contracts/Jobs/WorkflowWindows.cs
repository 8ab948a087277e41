using System.ComponentModel.DataAnnotations;

namespace Hypernode.Contracts.Jobs;

/// <summary>How long each part of a job's life may take, bound from <c>Hypernode:Windows</c>. The payer agrees to their sum: settle_by.</summary>
public sealed class WorkflowWindows
{
    public const string Section = "Hypernode:Windows";

    /// <summary>Finding a node, in seconds.</summary>
    [Range(1, 86_400)]
    public int MatchSeconds { get; set; } = 600;

    /// <summary>From the assignment to the container's start, in seconds.</summary>
    [Range(1, 3_600)]
    public int StartPatienceSeconds { get; set; } = 60;

    /// <summary>Judging the evidence and settling, in seconds.</summary>
    [Range(1, 3_600)]
    public int VerificationSeconds { get; set; } = 300;

    /// <summary>How many nodes may try.</summary>
    [Range(1, 10)]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>After this a command in flight is sent again, in seconds.</summary>
    [Range(1, 600)]
    public int StepSeconds { get; set; } = 15;

    /// <summary>Between two looks for a node, in seconds.</summary>
    [Range(1, 600)]
    public int MatchRetrySeconds { get; set; } = 2;

    /// <summary>As the program's Config has it: from settle_by to the permissionless refund, in seconds.</summary>
    [Range(0, 86_400)]
    public int RefundGraceSeconds { get; set; } = 30;

    /// <summary>When a job that has not ended is refunded: anybody may ask the chain for it then.</summary>
    /// <param name="settleBy">Seconds since the epoch, as the chain has it.</param>
    public DateTimeOffset ExpiresAt(long settleBy) => DateTimeOffset.FromUnixTimeSeconds(settleBy + RefundGraceSeconds + 1);

    /// <summary>A silent leased node keeps a job that has just begun this long, in seconds; the patience grows to <see cref="MaxSilenceSeconds"/> over an hour of work.</summary>
    [Range(1, 600)]
    public int SilenceSeconds { get; set; } = 15;

    /// <summary>The patience with a silent node that has worked for an hour or more, in seconds.</summary>
    [Range(1, 3_600)]
    public int MaxSilenceSeconds { get; set; } = 90;

    /// <summary>
    /// settle_by = authorize_by + match window + attempts × (start patience + run limit) + verification, in seconds since the epoch.
    /// </summary>
    /// <param name="authorizeByMs">The intent's expiry, ms since the epoch.</param>
    public long SettleBy(long authorizeByMs, TimeSpan runLimit) => checked(
        ((authorizeByMs + 999) / 1000)
        + MatchSeconds
        + (MaxAttempts * (StartPatienceSeconds + (long)runLimit.TotalSeconds))
        + VerificationSeconds);

    /// <summary>The last moment at which an attempt may still be leased: it must be able to run, be judged and settle before settle_by.</summary>
    public DateTimeOffset LastLeaseAt(long settleBy, TimeSpan runLimit) =>
        DateTimeOffset.FromUnixTimeSeconds(settleBy - VerificationSeconds) - runLimit;

    /// <summary>How long a node may be silent after this much work.</summary>
    public TimeSpan SilencePatience(TimeSpan worked)
    {
        var share = Math.Clamp(worked.TotalHours, 0, 1);
        return TimeSpan.FromSeconds(SilenceSeconds + (share * Math.Max(0, MaxSilenceSeconds - SilenceSeconds)));
    }
}
