using System.Security.Cryptography;
using System.Text.Json;
using Hypernode.Solana.Keys.Adapters;

namespace Hypernode.Solana;

/// <summary>Key files as the Solana CLI writes them: a JSON array of 64 numbers, readable by their owner alone.</summary>
public static class KeyFile
{
    /// <exception cref="FormatException">not such a file; the message names the file, never its content</exception>
    public static Account Load(string path)
    {
        byte[]? secret = null;
        try
        {
            var numbers = JsonSerializer.Deserialize<int[]>(File.ReadAllBytes(path));
            if (numbers is not { Length: 64 } || numbers.Any(n => n is < 0 or > 255))
            {
                throw new FormatException($"{path} is no Solana key file: 64 numbers of 0 to 255 expected.");
            }

            secret = Array.ConvertAll(numbers, n => (byte)n);
            Array.Clear(numbers);
            return Account.FromSecretKey(secret);
        }
        catch (JsonException)
        {
            // The parser's message quotes what it read: it must not travel along.
#pragma warning disable MA0054
            throw new FormatException($"{path} is no Solana key file: not a JSON array of numbers.");
#pragma warning restore MA0054
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>Writes a new file with mode 0600; an existing one is never overwritten.</summary>
    public static void Create(string path, Account account)
    {
        ArgumentNullException.ThrowIfNull(account);
        var secret = account.ExportSecretKey();
        try
        {
            PrivateFile.WriteNew(path, file => JsonSerializer.Serialize(file, Array.ConvertAll(secret, b => (int)b)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The key in this file, made now if there is none. Two processes that race get the same key.</summary>
    public static Account LoadOrCreate(string path) => PrivateFile.LoadOrCreate(path, Load, Create);
}
