using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Adapters;

/// <summary>The key that signs session tokens: 32 random bytes in a file that only its owner can read.</summary>
public sealed class TokenKeyFile(IOptions<ApiOptions> options)
{
    private const int KeyBytes = 32;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly Lazy<byte[]> _key = new(() => ReadOrMake(Path.GetFullPath(options.Value.TokenKeyFile)));

    /// <exception cref="InvalidOperationException">The file is open to others or holds no key.</exception>
    public byte[] Key => _key.Value;

    private static byte[] ReadOrMake(string path)
    {
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);

            // A move looks first and then renames: hosts that start at once take turns, or one would replace another's key.
            using var turn = TakeTurn($"{path}.lock");
            if (!File.Exists(path))
            {
                Make(path);
            }
        }

        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~Owner) != UnixFileMode.None)
        {
            throw new InvalidOperationException($"{path} is open to other users: set its mode to 0600");
        }

        var key = File.ReadAllBytes(path);
        return key.Length == KeyBytes ? key : throw new InvalidOperationException($"{path} holds no token key of {KeyBytes} bytes");
    }

    private static FileStream TakeTurn(string path)
    {
        FileStream? turn = null;
        if (!SpinWait.SpinUntil(() => TryOpen(path, out turn), Patience))
        {
            throw new InvalidOperationException($"{path} is held by another process: end it, or delete the file if there is none");
        }

        return turn!;
    }

    private static bool TryOpen(string path, out FileStream? file)
    {
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            file = null;
            return false;
        }
    }

    /// <summary>Written aside and moved into place, so that it is whole or not there.</summary>
    private static void Make(string path)
    {
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

        File.Move(draft, path, overwrite: false);
    }
}
