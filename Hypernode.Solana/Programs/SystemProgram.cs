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
}

/// <summary>Accounts in which the runtime shows its state.</summary>
public static class SysVars
{
    public static PublicKey RentKey { get; } = new("SysvarRent111111111111111111111111111111111");

    public static PublicKey ClockKey { get; } = new("SysvarC1ock11111111111111111111111111111111");

    public static PublicKey InstructionsKey { get; } = new("Sysvar1nstructions1111111111111111111111111");
}
