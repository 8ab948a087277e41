using Hypernode.Api.Tests.Fakes;

namespace Hypernode.Api.Tests;

/// <summary>One host for all cases of a table: starting one costs more than a case does.</summary>
public sealed class SharedHost : IAsyncLifetime
{
    public ApiHost Host { get; private set; } = null!;

    public HttpClient Alice { get; private set; } = null!;

    public HttpClient Bob { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Host = await ApiHost.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Hypernode:Api:AllowedImages:0"] = Bodies.Image,
            ["Hypernode:Api:AllowedImages:1"] = $"sha256:{new string('7', 64)}",
        });
        Alice = await Host.SignInAsync(TestWallet.Alice);
        Bob = await Host.SignInAsync(TestWallet.Bob);
    }

    public async Task DisposeAsync() => await Host.DisposeAsync();
}
