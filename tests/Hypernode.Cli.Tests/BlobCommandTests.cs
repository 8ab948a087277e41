using Hypernode.Cli.Blobs;
using Hypernode.Solana;

namespace Hypernode.Cli.Tests;

/// <summary><c>hn blob</c>, as its user runs it.</summary>
public sealed class BlobCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-blob-").FullName;
    private readonly Account _user;

    public BlobCommandTests()
    {
        _user = KeyFile.LoadOrCreate(In("wallet.json"));
        using var other = KeyFile.LoadOrCreate(In("other.json"));
        File.WriteAllText(In("plain.txt"), "what nobody else may read");
    }

    public void Dispose()
    {
        _user.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_was_sealed_is_opened_again_by_its_recipient()
    {
        (await RunAsync("encrypt", In("plain.txt"), "--to", _user.PublicKey.Key, "--json")).ShouldBe(0);
        File.ReadAllText(In("plain.txt.sealed")).ShouldNotContain("nobody");

        (await RunAsync("decrypt", In("plain.txt.sealed"), "--key", In("wallet.json"), "--out", In("opened.txt"))).ShouldBe(0);

        File.ReadAllText(In("opened.txt")).ShouldBe("what nobody else may read");
        new FileInfo(In("opened.txt")).UnixFileMode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task Another_key_opens_nothing_and_leaves_nothing()
    {
        await RunAsync("encrypt", In("plain.txt"), "--to", _user.PublicKey.Key);

        (await RunAsync("decrypt", In("plain.txt.sealed"), "--key", In("other.json"), "--out", In("opened.txt"))).ShouldBe(1);

        Directory.EnumerateFiles(_folder, "opened*").ShouldBeEmpty();
    }

    [Fact]
    public async Task An_envelope_that_was_cut_off_leaves_nothing()
    {
        File.WriteAllBytes(In("big"), new byte[200_000]);
        await RunAsync("encrypt", In("big"), "--to", _user.PublicKey.Key, "--out", In("big.sealed"));
        File.WriteAllBytes(In("cut.sealed"), File.ReadAllBytes(In("big.sealed"))[..150_000]);

        (await RunAsync("decrypt", In("cut.sealed"), "--key", In("wallet.json"))).ShouldBe(1);

        Directory.EnumerateFiles(_folder, "cut*").ShouldBe([In("cut.sealed")]);
    }

    [Theory]
    [InlineData("encrypt", "{plain}")]
    [InlineData("encrypt", "{plain}", "--to")]
    [InlineData("encrypt", "{plain}", "--node", "0f8fad5b-d9cb-469f-a165-70867728950e", "--api")]
    [InlineData("encrypt", "{plain}", "--to", "nonsense")]
    [InlineData("encrypt", "{plain}", "--to", "8qbHbw2BbbTHBW1sbeqakYXVKRQM8Ne7pLK7m6CVfeR")]
    [InlineData("encrypt", "{plain}", "--node", "0f8fad5b-d9cb-469f-a165-70867728950e")]
    [InlineData("encrypt", "{plain}", "--node", "gpu-1", "--api", "http://127.0.0.1:1")]
    [InlineData("encrypt", "nowhere", "--to", "4Nd1mYQZUgBsBpPYrSeLP3fVfBUjk8J9V8JYwrrw6uyv")]
    [InlineData("encrypt", "{plain}", "--to", "4Nd1mYQZUgBsBpPYrSeLP3fVfBUjk8J9V8JYwrrw6uyv", "--out", "{plain}")]
    [InlineData("decrypt", "{plain}")]
    [InlineData("decrypt", "{plain}", "--key", "nowhere.json")]
    public void A_command_that_can_not_be_meant_is_refused_by_the_option_s_name(params string[] arguments) =>
        BlobCommands.Create().Parse([.. arguments.Select(a => a.Replace("{plain}", In("plain.txt"), StringComparison.Ordinal))]).Errors.ShouldNotBeEmpty();

    private string In(string name) => Path.Combine(_folder, name);

    private static Task<int> RunAsync(params string[] arguments) => BlobCommands.Create().Parse(arguments).InvokeAsync();
}
