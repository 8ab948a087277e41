using System.Diagnostics;

namespace Hypernode.NodeAgent.Tests.Fakes;

internal static class Wait
{
    public static async Task UntilAsync(Func<bool> holds, int seconds = 20, Func<string>? otherwise = null)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            if (watch.Elapsed.TotalSeconds > seconds)
            {
                throw new TimeoutException(otherwise?.Invoke() ?? "the condition did not come about");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }
}
