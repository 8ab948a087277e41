using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Hypernode.Solana.Keys.Adapters;

/// <summary>Ed25519 through the libcrypto that .NET itself loads on Linux.</summary>
internal sealed unsafe partial class OpenSslEd25519 : IEd25519Engine
{
    private const string Libcrypto = "libcrypto.so.3";
    private const int EvpPkeyEd25519 = 1087;

    private OpenSslEd25519()
    {
    }

    public static OpenSslEd25519? TryLoad()
    {
        if (!NativeLibrary.TryLoad(Libcrypto, out _))
        {
            return null;
        }

        // A FIPS-restricted libcrypto loads but knows no Ed25519.
        using var probe = new KeyHandle(NewPrivate(EvpPkeyEd25519, 0, stackalloc byte[32], 32));
        return probe.IsInvalid ? null : new OpenSslEd25519();
    }

    public IEd25519Signer Signer(ReadOnlySpan<byte> seed)
    {
        var key = new KeyHandle(NewPrivate(EvpPkeyEd25519, 0, seed, (nuint)seed.Length));
        if (key.IsInvalid)
        {
            throw new CryptographicException("OpenSSL refused an Ed25519 seed.");
        }

        var publicKey = new byte[32];
        nuint length = 32;
        if (RawPublic(key, publicKey, &length) != 1 || length != 32)
        {
            key.Dispose();
            throw new CryptographicException("OpenSSL gave no Ed25519 public key.");
        }

        return new SigningKey(key, publicKey);
    }

    public IEd25519Verifier? Verifier(ReadOnlySpan<byte> publicKey)
    {
        var key = new KeyHandle(NewPublic(EvpPkeyEd25519, 0, publicKey, (nuint)publicKey.Length));
        if (!key.IsInvalid)
        {
            return new VerifyingKey(key);
        }

        key.Dispose();
        return null;
    }

    private sealed class SigningKey(KeyHandle key, byte[] publicKey) : IEd25519Signer
    {
        public byte[] PublicKey => [.. publicKey];

        public byte[] Sign(ReadOnlySpan<byte> message)
        {
            // A context serves one message: Ed25519 is one-shot. The parsed key is what is worth keeping.
            using var context = new ContextHandle(NewContext());
            var signature = new byte[64];
            nuint length = 64;
            if (SignInit(context, 0, 0, 0, key) != 1
                || OpenSslEd25519.Sign(context, signature, &length, message, (nuint)message.Length) != 1
                || length != 64)
            {
                throw new CryptographicException("OpenSSL could not sign.");
            }

            return signature;
        }

        public void Dispose() => key.Dispose();
    }

    private sealed class VerifyingKey(KeyHandle key) : IEd25519Verifier
    {
        public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
        {
            using var context = new ContextHandle(NewContext());
            var verified = VerifyInit(context, 0, 0, 0, key) == 1
                && OpenSslEd25519.Verify(context, signature, (nuint)signature.Length, message, (nuint)message.Length) == 1;
            if (!verified)
            {
                // A bad signature leaves an entry in this thread's queue, where .NET's own crypto would trip over it.
                ClearErrors();
            }

            return verified;
        }

        public void Dispose() => key.Dispose();
    }

    private sealed class KeyHandle : SafeHandle
    {
        public KeyHandle(nint key)
            : base(0, ownsHandle: true) => SetHandle(key);

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            FreeKey(handle);
            return true;
        }
    }

    private sealed class ContextHandle : SafeHandle
    {
        public ContextHandle(nint context)
            : base(0, ownsHandle: true) => SetHandle(context);

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            FreeContext(handle);
            return true;
        }
    }

    [LibraryImport(Libcrypto, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    private static partial nint NewPrivate(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Libcrypto, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    private static partial nint NewPublic(int type, nint engine, ReadOnlySpan<byte> key, nuint length);

    [LibraryImport(Libcrypto, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    private static partial int RawPublic(KeyHandle key, Span<byte> bytes, nuint* length);

    [LibraryImport(Libcrypto, EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(nint key);

    [LibraryImport(Libcrypto, EntryPoint = "EVP_MD_CTX_new")]
    private static partial nint NewContext();

    [LibraryImport(Libcrypto, EntryPoint = "EVP_MD_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(Libcrypto, EntryPoint = "EVP_DigestSignInit")]
    private static partial int SignInit(ContextHandle context, nint keyContext, nint type, nint engine, KeyHandle key);

    [LibraryImport(Libcrypto, EntryPoint = "EVP_DigestSign")]
    private static partial int Sign(ContextHandle context, Span<byte> signature, nuint* signatureLength, ReadOnlySpan<byte> message, nuint length);

    [LibraryImport(Libcrypto, EntryPoint = "EVP_DigestVerifyInit")]
    private static partial int VerifyInit(ContextHandle context, nint keyContext, nint type, nint engine, KeyHandle key);

    [LibraryImport(Libcrypto, EntryPoint = "EVP_DigestVerify")]
    private static partial int Verify(ContextHandle context, ReadOnlySpan<byte> signature, nuint signatureLength, ReadOnlySpan<byte> message, nuint length);

    [LibraryImport(Libcrypto, EntryPoint = "ERR_clear_error")]
    private static partial void ClearErrors();
}
