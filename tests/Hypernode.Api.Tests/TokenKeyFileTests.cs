using Hypernode.Api.Adapters;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Tests;

public sealed class TokenKeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-token-").FullName;

    [Fact]
    public void Hosts_that_start_at_once_share_one_key()
    {
        for (var round = 0; round < 50; round++)
        {
            var path = Path.Combine(_folder, "keys", $"{round}.key");
            var keys = new string[4];
            Parallel.For(0, keys.Length, i => keys[i] = Convert.ToHexString(File(path).Key));
            keys.Distinct().Count().ShouldBe(1);
        }
    }

    [Fact]
    public void A_turn_that_nobody_gives_back_is_a_clear_error()
    {
        var path = Path.Combine(_folder, "held.key");
        using var holder = new FileStream($"{path}.lock", FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        Should.Throw<InvalidOperationException>(() => File(path).Key).Message.ShouldContain("held.key.lock");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static TokenKeyFile File(string path) => new(Options.Create(new ApiOptions { TokenKeyFile = path }));
}
