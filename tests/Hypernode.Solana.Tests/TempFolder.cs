namespace Hypernode.Solana.Tests;

internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hypernode-solana-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
