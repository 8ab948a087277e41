using System.Text.Json.Nodes;

namespace Hypernode.Api.Tests.Contract;

/// <summary>What a host has really sent, by route, status and media type.</summary>
public sealed class ContractLog
{
    private readonly Lock _gate = new();
    private readonly List<Sent> _all = [];

    public IReadOnlyList<Sent> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all];
            }
        }
    }

    /// <param name="request">The JSON that was answered with success.</param>
    public void Add(string route, string status, string media, JsonNode? body, JsonNode? request)
    {
        lock (_gate)
        {
            _all.Add(new Sent(route, status, media, body, request));
        }
    }
}

public sealed record Sent(string Route, string Status, string Media, JsonNode? Body, JsonNode? Request);
