using static Hypernode.Api.Auth.Callers;

namespace Hypernode.Api.Auth;

/// <summary>
/// Who may see or do what: all of it is here, and nowhere else. Routes take their rule from this table; a route without a row is
/// closed to everybody. What a job holds (its spec, its output, its files) is its owner's and its assigned node's alone.
/// </summary>
internal static class AccessTable
{
    public static IReadOnlyList<AccessRule> Rules { get; } =
    [
        // Signing in.
        new("POST", "/api/auth/challenge", Everyone),
        new("POST", "/api/auth/login", Everyone),
        new("POST", "/api/auth/verify", SignedIn),

        // The signatures in these bodies are the authority: no session is needed.
        new("POST", "/api/facilitator/prepare-intent", Everyone),
        new("POST", "/api/facilitator/submit-job", Everyone),
        new("POST", "/api/facilitator/register-node", Everyone),

        // What the chain publishes anyway.
        new("GET", "/api/facilitator/node/{nodeId}", Everyone),
        new("GET", "/api/facilitator/payment-intent/{id}", Everyone),
        new("GET", "/api/facilitator/stats", Everyone),

        // x402's facilitator: each payment carries its own signature, and only the wallets of our settings are served.
        new("GET", "/api/facilitator/supported", Everyone),
        new("POST", "/api/facilitator/verify", Everyone),
        new("POST", "/api/facilitator/settle", Everyone),

        // A wallet's own jobs.
        new("GET", "/api/jobs", SignedIn),
        new("GET", "/api/jobs/{jobId}", Owner | Node, AccessSubject.Job),
        new("POST", "/api/jobs/cancel/{jobId}", Owner, AccessSubject.Job),
        new("GET", "/api/jobs/{jobId}/logs", Owner, AccessSubject.Job),
        new("GET", "/api/jobs/{jobId}/result", Owner, AccessSubject.Job),
        new("GET", "/api/jobs/{jobId}/receipt", Owner | Node, AccessSubject.Job),
        new("GET", "/api/jobs/{jobId}/explain", Owner | Node | Operator, AccessSubject.Job),

        // The market.
        new("GET", "/api/nodes", Everyone),
        new("GET", "/api/nodes/{nodeId}", Everyone),
        new("GET", "/api/nodes/{nodeId}/explain", Owner | Node | Operator, AccessSubject.Node),
        new("GET", "/api/stats/network", Everyone),
        new("GET", "/api/stats/nodes", Everyone),
        new("GET", "/api/stats/jobs", Everyone),

        new("POST", "/api/nodes/{nodeId}/drain", Owner | Node | Operator, AccessSubject.Node),
        new("POST", "/api/nodes/{nodeId}/undrain", Owner | Node | Operator, AccessSubject.Node),
        new("POST", "/api/facilitator/claim-rewards", SignedIn),

        // Live events: who may watch what is in Channels.
        new("GET", "/ws", Everyone, LongLived: true),

        // A node's own: which nodes its key speaks for is known from the session, never from the body.
        new("GET", "/api/nodes/poll-job", Node),
        new("POST", "/api/nodes/heartbeat", Node),
        new("POST", "/api/facilitator/complete-job", Node),

        // Files. With {sha256} the lease that the caller's node holds decides, file by file.
        new("POST", "/api/blobs", SignedIn),
        new("GET", "/api/blobs/{sha256}", SignedIn),
        new("PUT", "/api/blobs/{sha256}", SignedIn),

        // RabbitMQ's questions about nodes. The key in the path is the authority: without it there is nothing to be found.
        new("*", "/broker-auth/{key}/{question}", Everyone, Unlimited: true),

        // About the API itself.
        new("GET", "/health/live", Everyone, Unlimited: true),
        new("GET", "/health/ready", Everyone, Unlimited: true),
        new("GET", "/openapi/{documentName}.json", Everyone),
        new("GET", "/openapi/job.schema.json", Everyone),
        new("GET", "/docs", Everyone),
    ];

    /// <summary>The channels of the WebSocket, with the method <c>WS</c>.</summary>
    public static IReadOnlyList<AccessRule> Channels { get; } =
    [
        new("WS", "job:{jobId}", Owner | Operator, AccessSubject.Job),
        new("WS", "logs:{jobId}", Owner, AccessSubject.Job),
        new("WS", "node:{nodeId}", Everyone, AccessSubject.Node),
        new("WS", "network", Everyone),
        new("WS", "wallet", SignedIn),
    ];

    private static readonly IReadOnlyDictionary<(string Method, string Route), AccessRule> ByRoute = Rules.Concat(Channels).ToDictionary(r => (r.Method, r.Route));

    /// <summary>The row of a mapped route, or of a channel; for one that nobody wrote a row for, a rule that lets nobody in.</summary>
    public static AccessRule Of(string method, string route) =>
        ByRoute.GetValueOrDefault((method, route)) ?? new AccessRule(method, route, None);
}
