using Rfc8032 = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;

namespace Hypernode.Solana.Keys.Adapters;

/// <summary>Ed25519 in managed code: the fallback without libcrypto, and the second opinion in tests.</summary>
internal sealed class BouncyCastleEd25519 : IEd25519Engine
{
    public IEd25519Signer Signer(ReadOnlySpan<byte> seed) => new SigningKey(seed.ToArray());

    public IEd25519Verifier? Verifier(ReadOnlySpan<byte> publicKey) => new VerifyingKey(publicKey.ToArray());

    private sealed class SigningKey : IEd25519Signer
    {
        private readonly byte[] seed;
        private readonly byte[] publicKey = new byte[32];

        public SigningKey(byte[] seed)
        {
            this.seed = seed;
            Rfc8032.GeneratePublicKey(seed, 0, publicKey, 0);
        }

        public byte[] PublicKey => [.. publicKey];

        public byte[] Sign(ReadOnlySpan<byte> message)
        {
            var signature = new byte[64];
            Rfc8032.Sign(seed, 0, publicKey, 0, message.ToArray(), 0, message.Length, signature, 0);
            return signature;
        }

        public void Dispose() => Array.Clear(seed);
    }

    private sealed class VerifyingKey(byte[] publicKey) : IEd25519Verifier
    {
        public bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
            Rfc8032.Verify(signature.ToArray(), 0, publicKey, 0, message.ToArray(), 0, message.Length);

        public void Dispose()
        {
            // nothing but public bytes here
        }
    }
}
