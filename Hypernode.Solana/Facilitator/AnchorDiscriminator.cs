using System.Security.Cryptography;
using System.Text;

namespace Hypernode.Solana.Facilitator;

/// <summary>The eight bytes by which Anchor tells instructions, accounts and events apart.</summary>
internal static class AnchorDiscriminator
{
    public const int Size = 8;

    public static byte[] Instruction(string name) => Of("global:" + name);

    public static byte[] Account(string name) => Of("account:" + name);

    public static byte[] Event(string name) => Of("event:" + name);

    private static byte[] Of(string preimage) => SHA256.HashData(Encoding.UTF8.GetBytes(preimage))[..Size];
}
