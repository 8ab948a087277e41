using System.Text.Json.Nodes;
using Hypernode.Simulation.Faults;

namespace Hypernode.Simulation.World;

/// <summary>F25: rows and messages as an older or a newer version of the product writes them.</summary>
internal sealed class OtherVersion(Universe universe)
{
    /// <summary>Fields of a job's row that came later than the first version: an older host does not write them.</summary>
    private static readonly string[] Additive = ["asked"];

    public string Body(JobRecord job)
    {
        if (job.Version == 0 || !universe.Faults.Roll(FaultId.F25, 0.02))
        {
            return job.Body;
        }

        var body = JsonNode.Parse(job.Body)!.AsObject();
        foreach (var field in Additive)
        {
            body.Remove(field);
        }

        body["addedLater"] = new JsonObject { ["by"] = "a newer version" };
        universe.Faults.Happened(FaultId.F25);
        return body.ToJsonString();
    }

    public SimMessage Message(SimMessage message)
    {
        if (message.FromNode is not null || !message.Body.EndsWith('}') || message.Body.Length < 3 || !universe.Faults.Strike(FaultId.F25, 0.01))
        {
            return message;
        }

        return message with { Body = message.Body[..^1] + ",\"addedLater\":{\"by\":\"a newer version\"}}" };
    }
}
