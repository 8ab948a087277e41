using System.ComponentModel.DataAnnotations;

namespace Hypernode.Api;

/// <summary>What the HTTP edge accepts and for how long, bound from <c>Hypernode:Api</c>.</summary>
public sealed class ApiOptions
{
    public const string Section = "Hypernode:Api";

    /// <summary>Holds the key that signs session tokens; made with mode 0600 when it is not there.</summary>
    [Required]
    public string TokenKeyFile { get; set; } = "";

    /// <summary>How long a session lasts, in minutes.</summary>
    [Range(1, 10_080)]
    public int TokenMinutes { get; set; } = 60;

    /// <summary>How long a sign-in challenge can be answered, in seconds.</summary>
    [Range(10, 3_600)]
    public int ChallengeSeconds { get; set; } = 300;

    /// <summary>How long an intent of the helper route may be locked, in seconds (white paper §3.4: one hour).</summary>
    [Range(10, 86_400)]
    public int IntentLifetimeSeconds { get; set; } = 3_600;

    /// <summary>The largest JSON body, in bytes.</summary>
    [Range(1_024, 16_777_216)]
    public int MaxJsonBytes { get; set; } = 256 * 1024;

    /// <summary>The largest uploaded file, in bytes.</summary>
    [Range(1_024, 1_099_511_627_776)]
    public long MaxBlobBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Wallets that may see how every job and node stands and may drain nodes; they never see what a job holds.</summary>
    public IReadOnlyList<string> Operators { get; set; } = [];

    /// <summary>Images that jobs may name; empty: any.</summary>
    public IReadOnlyList<string> AllowedImages { get; set; } = [];

    /// <summary>Between two looks for new log lines while one follows them, in milliseconds.</summary>
    [Range(5, 60_000)]
    public int FollowMilliseconds { get; set; } = 500;

    /// <summary>Between two signs of life on a quiet stream, in seconds.</summary>
    [Range(1, 300)]
    public int KeepAliveSeconds { get; set; } = 15;
}
