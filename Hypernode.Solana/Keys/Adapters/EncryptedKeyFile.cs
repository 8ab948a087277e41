using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hypernode.Solana.Keys.Adapters;

namespace Hypernode.Solana;

/// <summary>
/// A key file that is encrypted at rest, mode 0600: JSON with <c>version</c> 1, the public key in the open, and the 64 secret
/// bytes under AES-256-GCM with a key that PBKDF2-HMAC-SHA512 makes of the password. Version, cost, salt and public key are
/// authenticated with it: a file of which anything was changed does not open.
/// </summary>
public static class EncryptedKeyFile
{
    public const int Version = 1;

    /// <summary>OWASP's figure for PBKDF2-HMAC-SHA512; about a tenth of a second.</summary>
    public const int DefaultIterations = 210_000;

    public const int LeastPasswordLength = 12;

    // A cheaper file would be an invitation to guess, a dearer one to wait for ever.
    private const int LeastIterations = 100_000;
    private const int MostIterations = 10_000_000;
    private const string Kdf = "pbkdf2-hmac-sha512";
    private const string Cipher = "aes-256-gcm";
    private const int SaltLength = 32;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int KeyLength = 32;
    private const int SecretLength = 64;
    private const int MostFileBytes = 4_096;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Is this one of our encrypted files (and not a plain one)?</summary>
    public static bool IsOne(string path)
    {
        using var file = File.OpenRead(path);
        int first;
        do
        {
            first = file.ReadByte();
        }
        while (first is ' ' or '\n' or '\r' or '\t');

        return first == '{';
    }

    /// <param name="password">at least 12 characters; the caller clears what it has of it</param>
    /// <exception cref="ArgumentException">too short a password, or a cost out of range</exception>
    /// <exception cref="IOException">the file is there already: it is never overwritten</exception>
    public static void Create(string path, Account account, ReadOnlySpan<char> password, int iterations = DefaultIterations)
    {
        ArgumentNullException.ThrowIfNull(account);
        if (password.Length < LeastPasswordLength)
        {
            throw new ArgumentException($"A key's password has at least {LeastPasswordLength} characters.", nameof(password));
        }

        if (iterations is < LeastIterations or > MostIterations)
        {
            throw new ArgumentException($"{LeastIterations} to {MostIterations} iterations.", nameof(iterations));
        }

        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        var nonce = RandomNumberGenerator.GetBytes(NonceLength);
        var tag = new byte[TagLength];
        var sealedSecret = new byte[SecretLength];
        var secret = account.ExportSecretKey();
        var key = Derive(password, salt, iterations);
        try
        {
            using var aes = new AesGcm(key, TagLength);
            aes.Encrypt(nonce, secret, sealedSecret, tag, Header(iterations, salt, account.PublicKey));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(key);
        }

        var content = new Content(Version, account.PublicKey.Key, Kdf, iterations, salt, Cipher, nonce, tag, sealedSecret);
        PrivateFile.WriteNew(path, file => JsonSerializer.Serialize(file, content, Json));
    }

    /// <exception cref="FormatException">not such a file, open to others, or of a version that is not known here</exception>
    /// <exception cref="CryptographicException">another password, or the file was changed; which of both can't be told</exception>
    public static Account Load(string path, ReadOnlySpan<char> password)
    {
        PrivateFile.RequireOwnerOnly(path);
        var content = Read(path);
        if (content.Version != Version)
        {
            throw new FormatException($"{path} is a key file of version {content.Version}; version {Version} is read here.");
        }

        if (content is not { Kdf: Kdf, Cipher: Cipher, Salt.Length: SaltLength, Nonce.Length: NonceLength, Tag.Length: TagLength, Secret.Length: SecretLength }
            || content.Iterations is < LeastIterations or > MostIterations
            || !PublicKey.TryParse(content.PublicKey, out var publicKey))
        {
            throw new FormatException($"{path} is no encrypted key file of version {Version}, or one that is too cheap to guess.");
        }

        var key = Derive(password, content.Salt, content.Iterations);
        var secret = new byte[SecretLength];
        try
        {
            using var aes = new AesGcm(key, TagLength);
            aes.Decrypt(content.Nonce, content.Secret, content.Tag, secret, Header(content.Iterations, content.Salt, publicKey));
            return Account.FromSecretKey(secret);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new CryptographicException($"{path} does not open: another password, or the file was changed.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <summary>The key in this file, made now if there is none. Two processes that race get the same key.</summary>
    public static Account LoadOrCreate(string path, string password, int iterations = DefaultIterations) =>
        PrivateFile.LoadOrCreate(path, p => Load(p, password), (p, account) => Create(p, account, password, iterations));

    /// <summary>A password from a file that its owner alone may read; a line end behind it is not part of it.</summary>
    /// <exception cref="FormatException">open to others, or too short; the content is never quoted</exception>
    public static string ReadPassword(string path)
    {
        PrivateFile.RequireOwnerOnly(path);
        var password = File.ReadAllText(path).TrimEnd('\r', '\n');
        return password.Length >= LeastPasswordLength
            ? password
            : throw new FormatException($"{path} has a password of fewer than {LeastPasswordLength} characters.");
    }

    private static Content Read(string path)
    {
        if (new FileInfo(path).Length > MostFileBytes)
        {
            throw new FormatException($"{path} is no encrypted key file: it is too long.");
        }

        try
        {
            return JsonSerializer.Deserialize<Content>(File.ReadAllBytes(path), Json) ?? throw new FormatException($"{path} is no encrypted key file.");
        }
        catch (JsonException)
        {
            // The parser's message quotes what it read: it must not travel along.
#pragma warning disable MA0054
            throw new FormatException($"{path} is no encrypted key file.");
#pragma warning restore MA0054
        }
    }

    private static byte[] Derive(ReadOnlySpan<char> password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA512, KeyLength);

    private static byte[] Header(int iterations, byte[] salt, PublicKey key)
    {
        var cost = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(cost, iterations);
        return [.. Encoding.ASCII.GetBytes($"HYPERNODE/key-file/v{Version}"), .. cost, .. salt, .. key.AsSpan()];
    }

    private sealed record Content(
        int Version, string PublicKey, string Kdf, int Iterations, byte[] Salt, string Cipher, byte[] Nonce, byte[] Tag, byte[] Secret);
}
