namespace Hypernode.Host.Tests;

/// <summary>Waits for a condition, up to a deadline.</summary>
internal static class Eventually
{
    public static async Task<T> GetAsync<T>(Func<Task<T?>> look, string what, int seconds = 30)
        where T : class
    {
        var deadline = DateTime.UtcNow.AddSeconds(seconds);
        while (DateTime.UtcNow < deadline)
        {
            if (await look() is { } found)
            {
                return found;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"{what} did not happen within {seconds} s");
    }

    public static Task IsTrueAsync(Func<Task<bool>> look, string what, int seconds = 30) =>
        GetAsync<object>(async () => await look() ? true : null, what, seconds);

    public static Task IsTrueAsync(Func<bool> look, string what, int seconds = 30) =>
        IsTrueAsync(() => Task.FromResult(look()), what, seconds);
}
