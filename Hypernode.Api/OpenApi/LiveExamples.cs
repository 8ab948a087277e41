using System.Text.Json.Nodes;

namespace Hypernode.Api.OpenApi;

/// <summary>
/// One of each message of the WebSocket, for the document (<c>x-messages</c>) and docs/api.md. A test holds those of the server to what
/// it really sends, and sends those of the client.
/// </summary>
internal static class LiveExamples
{
    private const string Job = "job-7c9e6679-7425-40de-944b-e07fc1f90ae7";
    private const string Node = "0f8fad5b-d9cb-469f-a165-70867728950e";
    private const string Wallet = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin";

    public static IReadOnlyList<string> FromClient { get; } =
    [
        """{"type":"auth","token":"eyJ…"}""",
        $$$"""{"type":"subscribe","channel":"job:{{{Job}}}","id":"1"}""",
        $$$"""{"type":"subscribe","channel":"logs:{{{Job}}}","since":4294967299}""",
        $$$"""{"type":"unsubscribe","channel":"job:{{{Job}}}"}""",
        """{"type":"ping"}""",
    ];

    public static IReadOnlyList<string> FromServer { get; } =
    [
        $$$"""{"event":"job_status_update","channel":"job:{{{Job}}}","seq":6,"data":{"jobId":"{{{Job}}}","status":"running","timestamp":1735689600000}}""",
        $$$"""{"event":"node_status_update","channel":"node:{{{Node}}}","seq":14,"data":{"nodeId":"{{{Node}}}","status":"active","currentJob":"{{{Job}}}"}}""",
        """{"event":"network_stats_update","channel":"network","seq":208,"data":{"activeNodes":42,"runningJobs":15,"totalJobs":1337}}""",
        $$$"""{"event":"job_log","channel":"logs:{{{Job}}}","seq":4294967300,"data":{"jobId":"{{{Job}}}","attempt":1,"chunk":3,"stream":"stdout","at":1735689600000,"text":"hello\n","data":"aGVsbG8K"}}""",
        $$$"""{"event":"balance_update","channel":"wallet","seq":3,"data":{"wallet":"{{{Wallet}}}","locked":2500000,"spent":1200000,"refunded":1300000,"earned":0,"otherMints":[{"mint":"4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU","locked":0,"spent":40000,"refunded":10000}]}}""",
        $$$"""{"event":"subscribed","channel":"job:{{{Job}}}","seq":5,"data":{},"id":"1"}""",
        $$$"""{"event":"unsubscribed","channel":"job:{{{Job}}}","data":{}}""",
        $$$"""{"event":"signed_in","data":{"wallet":"{{{Wallet}}}","expiresAt":1735693200000}}""",
        """{"event":"pong","data":{"timestamp":1735689600000}}""",
        $$$"""{"event":"error","channel":"job:{{{Job}}}","data":{"type":"urn:hypernode:problem:not-found","status":404,"detail":"no such job"},"id":"1"}""",
        $$$"""{"event":"slow_consumer","channel":"logs:{{{Job}}}","seq":4294967811,"data":{"detail":"nothing was read for too long: open another socket and resume"}}""",
    ];

    public static JsonObject ToJson() => new()
    {
        ["fromClient"] = new JsonArray([.. FromClient.Select(m => JsonNode.Parse(m))]),
        ["fromServer"] = new JsonArray([.. FromServer.Select(m => JsonNode.Parse(m))]),
    };
}
