using System.Net;
using System.Text.Json.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Images;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>The engine's own store of images.</summary>
internal sealed class DockerImages(DockerHttp http) : IImageSource
{
    public async Task PullAsync(ImageReference image, long maxBytes, Action<PullProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            // An engine stops pulling when the one who asked for it hangs up: so giving up is closing the answer.
            using var answer = await http.OpenPostAsync($"images/create?fromImage={Uri.EscapeDataString(image.ToString())}", cancellationToken);
            await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            await PullStream.ReadAsync(body, maxBytes, progress, cancellationToken);
        }
        catch (EngineRefusedException e)
        {
            throw new ImagePullException(e.Message);
        }
    }

    public async Task<(long Bytes, bool NamedByOthers)?> DescribeAsync(ImageReference image, CancellationToken cancellationToken)
    {
        var found = await http.GetAsync($"images/{Uri.EscapeDataString(image.ToString())}/json", cancellationToken);
        if (found is null)
        {
            return null;
        }

        var names = (found["RepoTags"] as JsonArray)?.Count ?? 0;
        var digests = (found["RepoDigests"] as JsonArray)?.Count ?? 0;
        return (found["Size"]?.GetValue<long>() ?? 0, names > 0 || digests > 1);
    }

    public async Task<bool> RemoveAsync(ImageReference image, CancellationToken cancellationToken) =>
        await http.TryDeleteAsync($"images/{Uri.EscapeDataString(image.ToString())}", cancellationToken) != HttpStatusCode.Conflict;
}
