using System.Text;

namespace Hypernode.Solana;

/// <summary>Creates accounts and moves SOL.</summary>
public static class SystemProgram
{
    public static PublicKey ProgramIdKey { get; } = PublicKey.Default;

    /// <param name="lamports">at least what <see cref="IRpcClient.GetMinimumBalanceForRentExemptionAsync"/> says</param>
    /// <param name="space">bytes of data</param>
    public static TransactionInstruction CreateAccount(PublicKey fromAccount, PublicKey newAccount, ulong lamports, ulong space, PublicKey owner) => new(
        ProgramIdKey,
        [AccountMeta.Writable(fromAccount, isSigner: true), AccountMeta.Writable(newAccount, isSigner: true)],
        new WireWriter().U32(0).U64(lamports).U64(space).Key(owner).ToArray());

    public static TransactionInstruction Transfer(PublicKey fromAccount, PublicKey toAccount, ulong lamports) => new(
        ProgramIdKey,
        [AccountMeta.Writable(fromAccount, isSigner: true), AccountMeta.Writable(toAccount)],
        new WireWriter().U32(2).U64(lamports).ToArray());

    /// <summary>
    /// Makes the account at <see cref="PublicKey.CreateWithSeed"/>. Unlike creating it, this works where somebody has sent
    /// lamports to the address before.
    /// </summary>
    /// <param name="baseAccount">signs: nobody else can make this account</param>
    /// <param name="seed">at most 32 bytes</param>
    /// <param name="space">bytes of data</param>
    public static TransactionInstruction AllocateWithSeed(PublicKey account, PublicKey baseAccount, string seed, ulong space, PublicKey owner) => new(
        ProgramIdKey,
        [AccountMeta.Writable(account), AccountMeta.ReadOnly(baseAccount, isSigner: true)],
        new WireWriter().U32(9).Key(baseAccount).U64((ulong)Encoding.UTF8.GetByteCount(seed)).Bytes(Encoding.UTF8.GetBytes(seed))
            .U64(space).Key(owner).ToArray());
}

/// <summary>Accounts in which the runtime shows its state.</summary>
public static class SysVars
{
    public static PublicKey RentKey { get; } = new("SysvarRent111111111111111111111111111111111");

    public static PublicKey ClockKey { get; } = new("SysvarC1ock11111111111111111111111111111111");

    public static PublicKey InstructionsKey { get; } = new("Sysvar1nstructions1111111111111111111111111");
}
