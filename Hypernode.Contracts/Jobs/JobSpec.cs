using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Jobs;

/// <summary>
/// What to run. The payer's nonce commits to its <see cref="Hash"/>, so nobody can swap the job under a signature.
/// </summary>
/// <param name="Image"><c>name@sha256:…</c>, or <c>sha256:…</c> of a local image.</param>
/// <param name="Script">Runs as <c>/bin/sh /in/.script</c>; exactly one of Script and Cmd is given.</param>
/// <param name="EstimatedTime">Seconds.</param>
/// <param name="NetworkAllow">With <see cref="NetworkMode.Allowlist"/>, and only then: what the job may reach, each a <see cref="NetworkTarget"/>.</param>
/// <param name="Nodes">Only these may have it; null: any that fits. Encrypted inputs need them: they are sealed to their keys.</param>
/// <param name="Encryption">Null: results are stored as they are.</param>
public sealed record JobSpec(
    JobType Type,
    string Image,
    JobLimits Limits,
    int EstimatedTime,
    string? Script = null,
    IReadOnlyList<string>? Cmd = null,
    IReadOnlyList<JobInput>? Inputs = null,
    NetworkMode Network = NetworkMode.None,
    string? Description = null,
    IReadOnlyList<string>? NetworkAllow = null,
    IReadOnlyList<NodeId>? Nodes = null,
    JobEncryption? Encryption = null)
{
    public const int MaxScriptBytes = 64 * 1024;
    public const int MaxInputs = 64;

    /// <summary>As many as an envelope has recipients.</summary>
    public const int MaxNodes = 64;

    /// <summary>Kill after this: what the job asked for, else 1.5 × its estimate; never more than its type's cap.</summary>
    public TimeSpan RunLimit()
    {
        var cap = JobLimits.CapOf(Type).TimeoutSeconds!.Value;
        var wanted = Limits.TimeoutSeconds ?? (int)Math.Min(cap, ((long)EstimatedTime * 3 + 1) / 2);
        return TimeSpan.FromSeconds(Math.Clamp(wanted, 1, cap));
    }

    /// <summary>SHA-256 of the RFC 8785 form.</summary>
    public Hash256 Hash() => Hash256.Of(CanonicalJson.Serialize(this));
}
