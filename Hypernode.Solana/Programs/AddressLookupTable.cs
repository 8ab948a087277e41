namespace Hypernode.Solana;

/// <summary>A table of addresses on chain, from which v0 transactions take accounts by their place.</summary>
/// <param name="Key">the table's own address</param>
/// <param name="DeactivationSlot"><see cref="ulong.MaxValue"/>: it is in use</param>
/// <param name="LastExtendedSlot">what was added in this slot can be used from the next one on</param>
/// <param name="LastExtendedStart">the place of the first address that was added then</param>
/// <param name="Authority">null: frozen for good</param>
public sealed record AddressLookupTable(
    PublicKey Key, ulong DeactivationSlot, ulong LastExtendedSlot, byte LastExtendedStart, PublicKey? Authority, IReadOnlyList<PublicKey> Addresses)
{
    private const int HeaderSize = 56;
    private const int MaxAddresses = 256;

    private readonly Dictionary<PublicKey, byte> places = Places(Addresses);

    public bool IsActive => DeactivationSlot == ulong.MaxValue;

    /// <summary>The table as a transaction in this slot sees it.</summary>
    public AddressLookupTable UsableAt(ulong slot) =>
        slot > LastExtendedSlot ? this : new(Key, DeactivationSlot, LastExtendedSlot, LastExtendedStart, Authority, [.. Addresses.Take(LastExtendedStart)]);

    public byte? IndexOf(PublicKey address) => places.TryGetValue(address, out var place) ? place : null;

    /// <exception cref="FormatException">not the data of a lookup table</exception>
    public static AddressLookupTable Decode(PublicKey key, ReadOnlySpan<byte> data)
    {
        const uint lookupTable = 1;
        var addresses = (data.Length - HeaderSize) / PublicKey.Length;
        if (data.Length < HeaderSize || (data.Length - HeaderSize) % PublicKey.Length != 0 || addresses > MaxAddresses)
        {
            throw new FormatException($"{data.Length} bytes are no address lookup table.");
        }

        var reader = new WireReader(data);
        if (reader.U32() != lookupTable)
        {
            throw new FormatException("Not an initialized address lookup table.");
        }

        var (deactivation, extended, start) = (reader.U64(), reader.U64(), reader.U8());
        var hasAuthority = reader.U8() != 0;
        var authority = reader.Key();
        _ = reader.Bytes(2); // padding
        var list = new PublicKey[addresses];
        for (var i = 0; i < list.Length; i++)
        {
            list[i] = reader.Key();
        }

        return new AddressLookupTable(key, deactivation, extended, start, hasAuthority ? authority : null, list);
    }

    /// <summary>Null unless the account exists and the lookup table program owns it: anybody can make bytes that look like one.</summary>
    public static AddressLookupTable? From(PublicKey key, AccountInfo? account) =>
        account is not null && account.Owner == AddressLookupTableProgram.ProgramIdKey ? Decode(key, account.Data) : null;

    private static Dictionary<PublicKey, byte> Places(IReadOnlyList<PublicKey> addresses)
    {
        var found = new Dictionary<PublicKey, byte>();
        for (var i = 0; i < addresses.Count; i++)
        {
            // The first of its places, as other clients take it.
            found.TryAdd(addresses[i], (byte)i);
        }

        return found;
    }
}

/// <summary>Makes address lookup tables and fills them.</summary>
public static class AddressLookupTableProgram
{
    public static PublicKey ProgramIdKey { get; } = new("AddressLookupTab1e1111111111111111111111111");

    /// <param name="recentSlot">one of the last 512; part of the table's address</param>
    public static (TransactionInstruction Instruction, PublicKey Table) Create(PublicKey authority, PublicKey payer, ulong recentSlot)
    {
        var (table, bump) = PublicKey.FindProgramAddress([authority.KeyBytes, new WireWriter().U64(recentSlot).ToArray()], ProgramIdKey);
        return (
            new TransactionInstruction(
                ProgramIdKey,
                [
                    AccountMeta.Writable(table), AccountMeta.ReadOnly(authority, isSigner: true), AccountMeta.Writable(payer, isSigner: true),
                    AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
                ],
                new WireWriter().U32(0).U64(recentSlot).U8(bump).ToArray()),
            table);
    }

    /// <param name="addresses">about 30 fit into one transaction; 256 into a table</param>
    public static TransactionInstruction Extend(PublicKey table, PublicKey authority, PublicKey payer, IReadOnlyList<PublicKey> addresses)
    {
        var data = new WireWriter().U32(2).U64((ulong)addresses.Count);
        foreach (var address in addresses)
        {
            data.Key(address);
        }

        return new TransactionInstruction(
            ProgramIdKey,
            [
                AccountMeta.Writable(table), AccountMeta.ReadOnly(authority, isSigner: true), AccountMeta.Writable(payer, isSigner: true),
                AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
            ],
            data.ToArray());
    }

    /// <summary>The table as transactions of the node's current slot may use it.</summary>
    /// <returns>null when there is no table at this address</returns>
    /// <exception cref="FormatException">the account is the program's, and no table</exception>
    public static async Task<AddressLookupTable?> GetAsync(IRpcClient rpc, PublicKey table, CancellationToken cancellation = default)
    {
        // The slot first: a table that is read later has at least what it had then.
        var slot = await rpc.GetSlotAsync(Commitment.Confirmed, cancellation);
        return AddressLookupTable.From(table, await rpc.GetAccountInfoAsync(table, Commitment.Confirmed, cancellation))?.UsableAt(slot);
    }
}
