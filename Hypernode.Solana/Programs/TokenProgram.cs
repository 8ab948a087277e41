namespace Hypernode.Solana;

/// <summary>SPL Token: mints, balances, delegates. Amounts are base units of the mint.</summary>
public static class TokenProgram
{
    public const int MintAccountDataSize = 82;
    public const int TokenAccountDataSize = 165;

    public static PublicKey ProgramIdKey { get; } = new("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");

    /// <summary>InitializeMint2 (no rent sysvar) on an account that the same transaction creates.</summary>
    public static TransactionInstruction InitializeMint(PublicKey mint, byte decimals, PublicKey mintAuthority, PublicKey? freezeAuthority = null)
    {
        var data = new WireWriter().U8(20).U8(decimals).Key(mintAuthority).U8(freezeAuthority is null ? (byte)0 : (byte)1);
        if (freezeAuthority is not null)
        {
            data.Key(freezeAuthority);
        }

        return new TransactionInstruction(ProgramIdKey, [AccountMeta.Writable(mint)], data.ToArray());
    }

    /// <summary>InitializeAccount3: a token account that is no ATA, such as a vault.</summary>
    public static TransactionInstruction InitializeAccount(PublicKey account, PublicKey mint, PublicKey owner) => new(
        ProgramIdKey,
        [AccountMeta.Writable(account), AccountMeta.ReadOnly(mint)],
        new WireWriter().U8(18).Key(owner).ToArray());

    public static TransactionInstruction MintTo(PublicKey mint, PublicKey destination, ulong amount, PublicKey mintAuthority) => new(
        ProgramIdKey,
        [AccountMeta.Writable(mint), AccountMeta.Writable(destination), AccountMeta.ReadOnly(mintAuthority, isSigner: true)],
        new WireWriter().U8(7).U64(amount).ToArray());

    public static TransactionInstruction TransferChecked(
        PublicKey source, PublicKey destination, ulong amount, byte decimals, PublicKey owner, PublicKey mint) => new(
        ProgramIdKey,
        [AccountMeta.Writable(source), AccountMeta.ReadOnly(mint), AccountMeta.Writable(destination), AccountMeta.ReadOnly(owner, isSigner: true)],
        new WireWriter().U8(12).U64(amount).U8(decimals).ToArray());

    /// <summary>Replaces any earlier delegate and amount: an account has one.</summary>
    public static TransactionInstruction ApproveChecked(
        PublicKey source, PublicKey @delegate, ulong amount, byte decimals, PublicKey owner, PublicKey mint) => new(
        ProgramIdKey,
        [AccountMeta.Writable(source), AccountMeta.ReadOnly(mint), AccountMeta.ReadOnly(@delegate), AccountMeta.ReadOnly(owner, isSigner: true)],
        new WireWriter().U8(13).U64(amount).U8(decimals).ToArray());

    public static TransactionInstruction Revoke(PublicKey source, PublicKey owner) => new(
        ProgramIdKey,
        [AccountMeta.Writable(source), AccountMeta.ReadOnly(owner, isSigner: true)],
        [5]);
}

/// <summary>The token account that every wallet has at a known address, one a mint.</summary>
public static class AssociatedTokenAccountProgram
{
    public static PublicKey ProgramIdKey { get; } = new("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");

    public static PublicKey DeriveAssociatedTokenAccount(PublicKey owner, PublicKey mint) => PublicKey.FindProgramAddress(
        [owner.KeyBytes, TokenProgram.ProgramIdKey.KeyBytes, mint.KeyBytes], ProgramIdKey).Address;

    /// <summary>CreateIdempotent: an account that is there already is no error.</summary>
    public static TransactionInstruction CreateAssociatedTokenAccount(PublicKey payer, PublicKey owner, PublicKey mint) => new(
        ProgramIdKey,
        [
            AccountMeta.Writable(payer, isSigner: true),
            AccountMeta.Writable(DeriveAssociatedTokenAccount(owner, mint)),
            AccountMeta.ReadOnly(owner),
            AccountMeta.ReadOnly(mint),
            AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
            AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
        ],
        [1]);
}
