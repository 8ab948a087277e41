namespace Hypernode.Solana;

/// <summary>Puts programs on chain: a buffer is filled in chunks, then becomes the program's data.</summary>
public static class BpfLoaderUpgradeableProgram
{
    /// <summary>Tag, authority option and key in front of a buffer's bytes.</summary>
    public const int BufferMetadataSize = 37;

    /// <summary>Tag, slot, authority option and key in front of a program's bytes.</summary>
    public const int ProgramDataMetadataSize = 45;

    public const int ProgramAccountSize = 36;

    public static PublicKey ProgramIdKey { get; } = new("BPFLoaderUpgradeab1e11111111111111111111111");

    /// <summary>Where a program's bytes and upgrade authority are.</summary>
    public static PublicKey DeriveProgramDataAddress(PublicKey programId) =>
        PublicKey.FindProgramAddress([programId.KeyBytes], ProgramIdKey).Address;

    public static TransactionInstruction InitializeBuffer(PublicKey buffer, PublicKey authority) => new(
        ProgramIdKey,
        [AccountMeta.Writable(buffer), AccountMeta.ReadOnly(authority)],
        new WireWriter().U32(0).ToArray());

    public static TransactionInstruction Write(PublicKey buffer, PublicKey authority, uint offset, ReadOnlySpan<byte> chunk) => new(
        ProgramIdKey,
        [AccountMeta.Writable(buffer), AccountMeta.ReadOnly(authority, isSigner: true)],
        new WireWriter().U32(1).U32(offset).U64((ulong)chunk.Length).Bytes(chunk).ToArray());

    /// <param name="maxDataLength">room for later upgrades, in bytes</param>
    public static TransactionInstruction DeployWithMaxDataLen(
        PublicKey payer, PublicKey programId, PublicKey buffer, PublicKey authority, ulong maxDataLength) => new(
        ProgramIdKey,
        [
            AccountMeta.Writable(payer, isSigner: true),
            AccountMeta.Writable(DeriveProgramDataAddress(programId)),
            AccountMeta.Writable(programId),
            AccountMeta.Writable(buffer),
            AccountMeta.ReadOnly(SysVars.RentKey),
            AccountMeta.ReadOnly(SysVars.ClockKey),
            AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
            AccountMeta.ReadOnly(authority, isSigner: true),
        ],
        new WireWriter().U32(2).U64(maxDataLength).ToArray());

    public static TransactionInstruction Upgrade(PublicKey programId, PublicKey buffer, PublicKey authority, PublicKey spill) => new(
        ProgramIdKey,
        [
            AccountMeta.Writable(DeriveProgramDataAddress(programId)),
            AccountMeta.Writable(programId),
            AccountMeta.Writable(buffer),
            AccountMeta.Writable(spill),
            AccountMeta.ReadOnly(SysVars.RentKey),
            AccountMeta.ReadOnly(SysVars.ClockKey),
            AccountMeta.ReadOnly(authority, isSigner: true),
        ],
        new WireWriter().U32(3).ToArray());
}

/// <summary>The account that holds a program's bytes.</summary>
public sealed record ProgramData(ulong Slot, PublicKey? UpgradeAuthority, byte[] Bytes)
{
    /// <summary>Null unless the loader owns the account and it is a program's data.</summary>
    public static ProgramData? From(AccountInfo? account)
    {
        if (account is null || account.Owner != BpfLoaderUpgradeableProgram.ProgramIdKey
            || account.Data.Length < BpfLoaderUpgradeableProgram.ProgramDataMetadataSize)
        {
            return null;
        }

        var reader = new WireReader(account.Data);
        if (reader.U32() != 3)
        {
            return null;
        }

        var slot = reader.U64();
        var hasAuthority = reader.U8() == 1;
        var authority = reader.Key();
        return new ProgramData(
            slot, hasAuthority ? authority : null, account.Data[BpfLoaderUpgradeableProgram.ProgramDataMetadataSize..]);
    }
}
