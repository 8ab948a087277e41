using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Hypernode.Api;

/// <summary>What the HTTP edge accepts and for how long, bound from <c>Hypernode:Api</c>.</summary>
public sealed partial class ApiOptions : IValidatableObject
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

    /// <summary>Requests a second that one address, and one signed-in key, may make for long.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 200;

    /// <summary>Requests that it may make at once after a pause.</summary>
    [Range(1, 10_000_000)]
    public int RequestBurst { get; set; } = 2_000;

    /// <summary>Requests of one signed-in key that may be under way at the same time; of one address eight times as many.</summary>
    [Range(1, 100_000)]
    public int MaxConcurrentRequests { get; set; } = 64;

    /// <summary>Web origins (<c>https://app.example</c>) whose pages may call the API; empty: none but its own.</summary>
    public IReadOnlyList<string> CorsOrigins { get; set; } = [];

    /// <summary>Wallets that may see how every job and node stands and may drain nodes; they never see what a job holds.</summary>
    public IReadOnlyList<string> Operators { get; set; } = [];

    /// <summary>Files that one wallet or node may send or fetch at the same time.</summary>
    [Range(1, 1_000)]
    public int MaxTransfers { get; set; } = 16;

    /// <summary>Images that jobs may name; empty: any.</summary>
    public IReadOnlyList<string> AllowedImages { get; set; } = [];

    /// <summary>Between two looks at a job whose payment is being settled while its client waits, in milliseconds.</summary>
    [Range(5, 60_000)]
    public int FollowMilliseconds { get; set; } = 500;

    /// <summary>Between two signs of life on a quiet stream, in seconds.</summary>
    [Range(1, 300)]
    public int KeepAliveSeconds { get; set; } = 15;

    /// <summary>
    /// The broker's address for nodes, <c>amqps://host/vhost</c>, without user or password: they are told it when they register, and
    /// may enter its virtual host alone. A node's password travels over it, so plain <c>amqp</c> is for loopback and closed networks.
    /// Empty: the network's operator tells it otherwise.
    /// </summary>
    public string NodeBroker { get; set; } = "";

    /// <summary>
    /// The secret part of the address under which RabbitMQ asks who may do what, <c>/broker-auth/{key}/user|vhost|resource|topic</c>:
    /// 24 to 128 letters, digits, - or _. Never logged. Empty: there are no such routes, and RabbitMQ keeps every node out.
    /// </summary>
    public string BrokerAuthKey { get; set; } = "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (NodeBroker.Length > 0 && !(Uri.TryCreate(NodeBroker, UriKind.Absolute, out var broker) && broker.Scheme is "amqp" or "amqps" && broker.UserInfo.Length == 0))
        {
            yield return new($"{Section}:NodeBroker is no amqp:// or amqps:// address without user and password", [nameof(NodeBroker)]);
        }

        if (BrokerAuthKey.Length > 0 && !Key().IsMatch(BrokerAuthKey))
        {
            yield return new($"{Section}:BrokerAuthKey is not 24 to 128 letters, digits, - or _", [nameof(BrokerAuthKey)]);
        }

        if (BrokerAuthKey.Length > 0 && NodeBroker.Length == 0)
        {
            yield return new($"{Section}:BrokerAuthKey needs NodeBroker, which says where nodes may enter", [nameof(NodeBroker)]);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{24,128}\z")]
    private static partial Regex Key();
}
