namespace Hypernode.Api.Auth;

/// <summary>Who asks, as one route sees them; a caller may be several at once.</summary>
[Flags]
internal enum Callers
{
    None = 0,

    /// <summary>No session token.</summary>
    Anonymous = 1,

    /// <summary>Any signed-in key, whatever it is asked about.</summary>
    Wallet = 2,

    /// <summary>The job's payer; the node's authority.</summary>
    Owner = 4,

    /// <summary>The key of the node that it is about: the job's assigned node, the node named, or (where none is) any registered one.</summary>
    Node = 8,

    /// <summary>A wallet that the settings name. It sees how things stand, never what a job holds.</summary>
    Operator = 16,

    SignedIn = Wallet | Owner | Node | Operator,
    Everyone = Anonymous | SignedIn,
}

/// <summary>What a route is about: it says whose owner and whose node are meant.</summary>
internal enum AccessSubject
{
    None,

    /// <summary>The job of <c>{jobId}</c>. Who may not see it gets the 404 of one that never was.</summary>
    Job,

    /// <summary>The node of <c>{nodeId}</c>. Nodes are public: who may not do this with it gets 403.</summary>
    Node,
}

/// <summary>One row of the table: a route, or (method <c>WS</c>) a channel of the WebSocket.</summary>
/// <param name="Route">The whole pattern, as it is mapped.</param>
/// <param name="Allowed">Who gets through to the route itself; it may still find something to refuse.</param>
/// <param name="Unlimited">Neither counted nor held back: who watches over the host, and the broker, ask as often as they must.</param>
/// <param name="LongLived">Lasts as long as the client likes, and has a limit of its own: it is not counted among the requests under way.</param>
internal sealed record AccessRule(string Method, string Route, Callers Allowed, AccessSubject Subject = AccessSubject.None, bool Unlimited = false, bool LongLived = false);
