using System.Security.Cryptography;
using Hypernode.Solana.Keys.Adapters;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Adapters;

/// <summary>The key that signs session tokens: 32 random bytes in a file that only its owner can read.</summary>
public sealed class TokenKeyFile(IOptions<ApiOptions> options)
{
    private const int KeyBytes = 32;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly Lazy<byte[]> _key = new(() => ReadOrMake(Path.GetFullPath(options.Value.TokenKeyFile)));

    /// <exception cref="InvalidOperationException">The file is open to others or holds no key.</exception>
    public byte[] Key => _key.Value;

    private static byte[] ReadOrMake(string path)
    {
        if (!File.Exists(path))
        {
            Make(path);
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~Owner) != UnixFileMode.None)
        {
            throw new InvalidOperationException($"{path} is open to other users: set its mode to 0600");
        }

        var key = File.ReadAllBytes(path);
        return key.Length == KeyBytes ? key : throw new InvalidOperationException($"{path} holds no token key of {KeyBytes} bytes");
    }

    /// <summary>Written aside and moved into place, so that two hosts that start at once end with one whole key.</summary>
    private static void Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var draft = $"{path}.{Environment.ProcessId}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}";
        var how = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            how.UnixCreateMode = Owner;
        }

        using (var file = new FileStream(draft, how))
        {
            file.Write(RandomNumberGenerator.GetBytes(KeyBytes));
            file.Flush(flushToDisk: true);
        }

        if (!ExclusiveMove.TryMove(draft, path))
        {
            // Another host was faster: its key is the one.
            File.Delete(draft);
        }
    }
}
