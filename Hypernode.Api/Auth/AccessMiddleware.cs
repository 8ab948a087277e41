using Hypernode.Api.Http;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Auth;

/// <summary>Holds every route to its row of the <see cref="AccessTable"/>, before the route itself sees the request.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, IJobReader jobs, INodeDirectory nodes, IOptions<ApiOptions> options)
{
    private readonly HashSet<string> _operators = [.. options.Value.Operators];

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is { } rule && rule.Allowed != Callers.Everyone)
        {
            var asked = await AskedAsync(context, rule);
            if ((asked.Caller & rule.Allowed) == Callers.None)
            {
                throw new RefusedException(Refusal(rule));
            }

            context.Features.Set(asked);
        }

        await next(context);
    }

    private async Task<Asked> AskedAsync(HttpContext context, AccessRule rule)
    {
        var cancellationToken = context.RequestAborted;
        if (context.User.Identity?.IsAuthenticated != true)
        {
            return new Asked(Callers.Anonymous, null, []);
        }

        var key = context.User.Wallet();
        var caller = Callers.Wallet | (_operators.Contains(key.ToString()) ? Callers.Operator : Callers.None);
        switch (rule.Subject)
        {
            case AccessSubject.Job:
                var job = JobId.TryParse(context.GetRouteValue("jobId") as string, null, out var id) ? await jobs.FindAsync(id, cancellationToken) : null;
                return job is null
                    ? throw new RefusedException(Problem.NotFound("job"))
                    : new Asked(caller | await RelationAsync(job, key, rule, cancellationToken), job, []);
            case AccessSubject.Node:
                var node = NodeId.TryParse(context.GetRouteValue("nodeId") as string, null, out var named) ? await nodes.FindAsync(named, cancellationToken) : null;
                return node is null
                    ? throw new RefusedException(Problem.NotFound("node"))
                    : new Asked(caller | RelationTo(node, key), null, [node]);
            default:
                // A node's own routes: which nodes its key may speak for.
                NodeView[] own = rule.Allowed == Callers.Node ? [.. (await nodes.FindByKeyAsync(key, cancellationToken)).Where(n => !n.Status.IsRevoked())] : [];
                return new Asked(caller | (own.Length > 0 ? Callers.Node : Callers.None), null, own);
        }
    }

    private async Task<Callers> RelationAsync(JobView job, WalletAddress key, AccessRule rule, CancellationToken cancellationToken) =>
        job.Owner == key ? Callers.Owner
        : rule.Allowed.HasFlag(Callers.Node)
            && job.AssignedNode is { } assigned
            && await nodes.FindAsync(assigned, cancellationToken) is { } node
            && node.NodeKey == key ? Callers.Node
        : Callers.None;

    private static Callers RelationTo(NodeView node, WalletAddress key) =>
        (node.Authority == key ? Callers.Owner : Callers.None) | (node.NodeKey == key ? Callers.Node : Callers.None);

    /// <summary>A job that is not the caller's does not exist for them: a 403 would tell that it does.</summary>
    private static Problem Refusal(AccessRule rule) => rule switch
    {
        { Subject: AccessSubject.Job } => Problem.NotFound("job"),
        { Allowed: Callers.None } => new Problem("closed", StatusCodes.Status403Forbidden, "nobody may use this route"),
        { Allowed: Callers.Node } => new Problem("not-a-node", StatusCodes.Status403Forbidden, "sign in with the key of a node that is registered and has not been banned"),
        _ => new Problem("not-yours", StatusCodes.Status403Forbidden, "this is for its owner"),
    };
}

/// <summary>Who asked, and about what: found once, by the middleware.</summary>
/// <param name="Job">Of a route about a job.</param>
/// <param name="Nodes">The node of a route about one; those of the caller's key on a node's own routes.</param>
internal sealed record Asked(Callers Caller, JobView? Job, IReadOnlyList<NodeView> Nodes);
