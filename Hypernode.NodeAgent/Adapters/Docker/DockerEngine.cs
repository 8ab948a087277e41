using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Images;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>Runs attempts as hardened containers of a Docker engine on this machine.</summary>
public sealed class DockerEngine(AgentOptions options) : IContainerEngine, IDisposable
{
    /// <summary>From the end of a container's output until the engine says that it has ended.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly DockerHttp _http = new(options.EngineHost);

    public bool Sandboxed => true;

    internal IImageSource Images => new DockerImages(_http);

    public async Task<string> CreateAsync(ContainerPlan plan, CancellationToken cancellationToken)
    {
        var path = $"containers/create?name={Uri.EscapeDataString(plan.Name)}";
        var wanted = ContainerBody.Of(plan, options);
        if (EngineLife.Of(_http.Path) is { } life)
        {
            wanted["Labels"]![EngineLife.Label] = life.Id;
        }

        var (status, body) = await _http.PostAsync(path, wanted, cancellationToken, HttpStatusCode.Conflict);
        if (status == HttpStatusCode.Conflict)
        {
            // An earlier try of the same attempt got this far; it never ran, else it would have been adopted.
            var existing = await _http.GetAsync($"containers/{plan.Name}/json", cancellationToken);
            return existing?["Id"]?.GetValue<string>() ?? throw new EngineUnavailableException("the container's name is taken and was not found");
        }

        return JsonNode.Parse(body)?["Id"]?.GetValue<string>()
            ?? throw new EngineRefusedException((int)status, status == HttpStatusCode.NotFound ? "the image is gone" : "no id in the answer");
    }

    public async Task<IOutputFeed?> ListenAsync(string id, CancellationToken cancellationToken)
    {
        // An engine that can't be told from its next life could go away, and its stream would end as if the job had.
        if (EngineLife.Of(_http.Path) is not { } life)
        {
            return null;
        }

        // The engine answers when the stream is in its place, so what is started after the answer has no word unheard.
        var answer = await _http.OpenPostAsync($"containers/{id}/attach?stream=1&stdout=1&stderr=1", cancellationToken);
        var output = new AnswerStream(answer, await answer.Content.ReadAsStreamAsync(cancellationToken));
        return new AttachedOutput(output, token => HasEndedAsync(id, life, token), TimeProvider.System);
    }

    private async Task<bool> HasEndedAsync(string id, EngineLife life, CancellationToken cancellationToken)
    {
        if (EngineLife.Of(_http.Path)?.Id != life.Id)
        {
            return false;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(EndPatience);
        try
        {
            await WaitAsync(id, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        return await InspectAsync(id, cancellationToken) is { Status: ContainerStatus.Ended } && EngineLife.Of(_http.Path)?.Id == life.Id;
    }

    public async Task StartAsync(string id, CancellationToken cancellationToken)
    {
        var (status, body) = await _http.PostAsync($"containers/{id}/start", null, cancellationToken);
        if (status == HttpStatusCode.NotFound)
        {
            throw new EngineRefusedException(404, body);
        }
    }

    public async Task<ContainerState?> InspectAsync(string id, CancellationToken cancellationToken)
    {
        var found = await _http.GetAsync($"containers/{id}/json", cancellationToken);
        if (found?["State"] is not { } state)
        {
            return null;
        }

        var status = state["Status"]?.GetValue<string>() switch
        {
            "created" => ContainerStatus.Created,
            "exited" or "dead" => ContainerStatus.Ended,
            _ => ContainerStatus.Running,
        };
        var exitCode = state["ExitCode"]?.GetValue<int>() ?? -1;
        var (started, finished) = (DockerHttp.Time(state["StartedAt"]), DockerHttp.Time(state["FinishedAt"]));
        return new ContainerState(
            status,
            found["Image"]?.GetValue<string>() ?? "",
            started,
            // The engine notes the end when it comes, and the start a moment late: a job that fails at once would have run for less
            // than no time, and the node that says so would be taken for a liar.
            status == ContainerStatus.Ended && finished < started ? started : finished,
            exitCode,
            // The kernel may kill one of several processes and the job may get over it: then it was no failure.
            exitCode != 0 && state["OOMKilled"]?.GetValue<bool>() == true,
            status == ContainerStatus.Ended && await IsLostAsync(found["Config"]?["Labels"]?[EngineLife.Label]?.GetValue<string>(), finished, exitCode, cancellationToken),
            state["Pid"]?.GetValue<int>() ?? 0);
    }

    public async Task WaitAsync(string id, CancellationToken cancellationToken) =>
        await _http.PostAsync($"containers/{id}/wait", null, cancellationToken);

    public async IAsyncEnumerable<LogPiece> ReadLogsAsync(string id, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var frames = new DockerLogFrames();
        await foreach (var piece in ReadFramesAsync(id, $"follow={(follow ? 1 : 0)}", frames, cancellationToken))
        {
            yield return piece;
        }

        // Engines have let followers go before the last lines. Ended first and asked then: what was written is all there is.
        if (follow && await InspectAsync(id, cancellationToken) is { Status: ContainerStatus.Ended }
            && await LastLineAsync(id, cancellationToken) == frames.Last)
        {
            yield return LogPiece.End;
        }
    }

    /// <summary>Read from the end of the engine's file: a few milliseconds, however long the log.</summary>
    private async Task<LogLine?> LastLineAsync(string id, CancellationToken cancellationToken)
    {
        var frames = new DockerLogFrames();
        await foreach (var _ in ReadFramesAsync(id, "tail=1", frames, cancellationToken))
        {
            // Which line it is, is all that is asked.
        }

        return frames.Last;
    }

    private async IAsyncEnumerable<LogPiece> ReadFramesAsync(
        string id, string which, DockerLogFrames frames, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var answer = await _http.OpenAsync($"containers/{id}/logs?stdout=1&stderr=1&timestamps=1&{which}", cancellationToken);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await foreach (var piece in DockerLogStream.ReadAsync(stream, frames, cancellationToken))
        {
            yield return piece;
        }
    }

    public async Task KillAsync(string id, bool force, CancellationToken cancellationToken) =>
        await _http.PostAsync($"containers/{id}/kill?signal={(force ? "SIGKILL" : "SIGTERM")}", null, cancellationToken, HttpStatusCode.Conflict);

    public async Task<Stream> OpenOutputsAsync(string id, CancellationToken cancellationToken)
    {
        var answer = await _http.OpenAsync($"containers/{id}/archive?path=/out/.", cancellationToken);
        return new AnswerStream(answer, await answer.Content.ReadAsStreamAsync(cancellationToken));
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => _http.DeleteAsync($"containers/{id}?force=1&v=1", cancellationToken);

    public async Task<IReadOnlyList<ContainerFound>> ListAsync(string label, string value, CancellationToken cancellationToken)
    {
        var filter = new JsonObject { ["label"] = new JsonArray($"{label}={value}") };
        var all = await _http.GetAsync($"containers/json?all=1&filters={Uri.EscapeDataString(filter.ToJsonString())}", cancellationToken);
        return
        [
            .. (all as JsonArray ?? []).Select(c => new ContainerFound(
                c!["Id"]!.GetValue<string>(),
                c["State"]?.GetValue<string>() == "running",
                (c["Labels"] as JsonObject ?? []).ToDictionary(l => l.Key, l => l.Value?.GetValue<string>() ?? "", StringComparer.Ordinal))),
        ];
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> IsLostAsync(string? madeUnder, DateTimeOffset finishedAt, int exitCode, CancellationToken cancellationToken)
    {
        if (madeUnder is null || EngineLife.Of(_http.Path) is not { } life || life.Id == madeUnder)
        {
            return false;
        }

        var info = await _http.GetAsync("info", cancellationToken);
        return life.Took(madeUnder, info?["LiveRestoreEnabled"]?.GetValue<bool>() == true, finishedAt, exitCode);
    }

    public async Task<ImageFound?> ResolveImageAsync(ImageReference image, CancellationToken cancellationToken)
    {
        var found = await _http.GetAsync($"images/{Uri.EscapeDataString(image.ToString())}/json", cancellationToken);
        if (found?["Id"]?.GetValue<string>() is not { } id)
        {
            return null;
        }

        // The engine also finds images by other names: believe only what it says the image is.
        var digests = (found["RepoDigests"] as JsonArray ?? []).Select(d => d!.GetValue<string>());
        var matches = image.Name is null ? id == image.Digest : digests.Any(d => d.EndsWith("@" + image.Digest, StringComparison.Ordinal));
        var volumes = (found["Config"]?["Volumes"] as JsonObject ?? []).Select(v => v.Key);
        return matches ? new ImageFound(id, image.ToString(), [.. volumes]) : null;
    }
}
