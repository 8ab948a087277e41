using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Stack;

internal static class StackStarter
{
    public static async Task<IStack> StartAsync(
        Repository repository, StackPlan plan, CleanupGuard guard, TimeProvider time, Action<string> say, CancellationToken cancellationToken)
    {
        if (plan.Runtime == JobRuntime.Process && !new Uri(plan.Url).IsLoopback)
        {
            throw new CliException("--runtime process has no sandbox: it is refused outside loopback");
        }

        return plan.Services
            ? await ServicesStack.StartAsync(repository, plan, guard, time, say, cancellationToken)
            : await EmbeddedStack.StartAsync(repository, plan, guard, time, say, cancellationToken);
    }
}
