using System.Text.Json.Nodes;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>
/// GPUs in the engine's words. The engine hands a request to the driver's hook, which puts device files and libraries into the
/// container before its root becomes read-only.
/// </summary>
internal static class GpuRequest
{
    /// <summary>Computing and nvidia-smi; neither a display nor the video engines.</summary>
    private const string DriverCapabilities = "compute,utility";

    /// <summary>
    /// The engine says the same once more for its hook, and which of the two is read depends on who reads: they must agree. Said to jobs
    /// without GPUs too: an image may ask for every GPU of the machine, and a runtime that knows GPUs would listen to it.
    /// </summary>
    public static IEnumerable<JsonNode> Environment(IReadOnlyList<string> uuids) => uuids.Count == 0
        ? ["NVIDIA_VISIBLE_DEVICES=void"]
        : [$"NVIDIA_VISIBLE_DEVICES={string.Join(',', uuids)}", $"NVIDIA_DRIVER_CAPABILITIES={DriverCapabilities}"];

    public static JsonArray Devices(IReadOnlyList<string> uuids) =>
        new(new JsonObject { ["DeviceIDs"] = new JsonArray([.. uuids.Select(u => (JsonNode)u)]), ["Capabilities"] = Capabilities() });

    /// <summary>For a probe, which is not a job.</summary>
    public static JsonArray AllDevices() => new(new JsonObject { ["Count"] = -1, ["Capabilities"] = Capabilities() });

    private static JsonArray Capabilities() => new(new JsonArray(["gpu", .. DriverCapabilities.Split(',').Select(c => (JsonNode)c)]));
}
