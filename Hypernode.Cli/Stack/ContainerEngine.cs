using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Stack;

/// <summary>The container engine that jobs run in, and the image that the examples use.</summary>
/// <param name="Host"><c>unix://…</c>; null with the process runtime.</param>
/// <param name="Image"><c>sha256:…</c>.</param>
internal sealed record ContainerEngine(string? Host, string Image)
{
    /// <summary>The process runtime uses no image; its jobs name this one.</summary>
    private const string NoImage = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    public static async Task<ContainerEngine> StartAsync(
        Repository repository, StackPlan plan, CleanupGuard guard, Action<string> say, CancellationToken cancellationToken)
    {
        if (plan.Runtime == JobRuntime.Process)
        {
            return new ContainerEngine(null, NoImage);
        }

        var folder = Path.Combine(plan.DataPath, "engine");
        var script = repository.Script("engine.sh");
        guard.Announce($"HYPERNODE_PURGE=1 {Shell.Quote(script)} stop {Shell.Quote(folder)}");
        var started = await Shell.RunAsync(script, ["start", folder], null, say, cancellationToken, guard);
        var host = started.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.StartsWith("DOCKER_HOST=", StringComparison.Ordinal))?["DOCKER_HOST=".Length..]
            ?? throw new CliException($"{script} did not say where the engine is");
        var image = await Shell.RunAsync(
            repository.Script("job-image.sh"), [], new Dictionary<string, string> { ["DOCKER_HOST"] = host }, say, cancellationToken);
        return new ContainerEngine(host, image.Split('\n')[^1].Trim());
    }
}
