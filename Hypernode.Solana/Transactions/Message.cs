using System.Runtime.InteropServices;

namespace Hypernode.Solana;

/// <summary>How many accounts, from the front of the list, sign, and how many of each kind are read-only.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MessageHeader(byte RequiredSignatures, byte ReadOnlySigned, byte ReadOnlyUnsigned);

/// <summary>An instruction with its accounts as indexes into the message's list.</summary>
public sealed record CompiledInstruction(byte ProgramIdIndex, byte[] Accounts, byte[] Data);

/// <summary>Accounts that a v0 message takes from a table on chain: by their places in it.</summary>
public sealed record MessageAddressTableLookup(PublicKey AccountKey, byte[] WritableIndexes, byte[] ReadonlyIndexes);

public enum MessageVersion
{
    Legacy,

    /// <summary>May take accounts from address lookup tables: one byte each instead of 32.</summary>
    V0,
}

/// <summary>
/// A message, legacy or v0. Accounts are ordered as the chain demands (fee payer; writable signers; read-only signers;
/// writable; read-only) and within a kind by key, as Solana's Rust SDK does, so equal input gives equal bytes. Behind them, in
/// the numbering that instructions use, come those of the lookup tables: all writable ones, then all read-only ones.
/// </summary>
public sealed record Message(
    MessageHeader Header,
    IReadOnlyList<PublicKey> AccountKeys,
    PublicKey RecentBlockhash,
    IReadOnlyList<CompiledInstruction> Instructions)
{
    // An index is one byte.
    private const int MaxAccounts = 256;
    private const byte VersionBit = 0x80;

    public MessageVersion Version { get; init; } = MessageVersion.Legacy;

    /// <summary>Empty in a legacy message.</summary>
    public IReadOnlyList<MessageAddressTableLookup> AddressTableLookups { get; init; } = [];

    public IEnumerable<PublicKey> Signers => AccountKeys.Take(Header.RequiredSignatures);

    /// <summary>The program of each instruction, which tells whose error an instruction's error number is. Programs never come from a table.</summary>
    public IReadOnlyList<PublicKey> Programs => [.. Instructions.Select(i => AccountKeys[i.ProgramIdIndex])];

    private int LookedUp => AddressTableLookups.Sum(t => t.WritableIndexes.Length + t.ReadonlyIndexes.Length);

    public static Message Compile(PublicKey feePayer, PublicKey recentBlockhash, IReadOnlyList<TransactionInstruction> instructions) =>
        Assemble(Roles(feePayer, instructions), MessageVersion.Legacy, [], recentBlockhash, instructions);

    /// <summary>
    /// Accounts that neither sign nor are called as programs are taken from the first table that has them.
    /// </summary>
    /// <param name="tables">as the chain has them; what was added in the current slot can't be used before the next</param>
    /// <exception cref="ArgumentException">more than 256 accounts, or a table that is being closed</exception>
    public static Message CompileV0(
        PublicKey feePayer, PublicKey recentBlockhash, IReadOnlyList<TransactionInstruction> instructions, IReadOnlyList<AddressLookupTable> tables)
    {
        if (tables.FirstOrDefault(t => !t.IsActive) is { } closing)
        {
            throw new ArgumentException($"The lookup table {closing.Key} is being closed.", nameof(tables));
        }

        var invoked = instructions.Select(i => i.ProgramId).ToHashSet();
        var accounts = Roles(feePayer, instructions);
        List<MessageAddressTableLookup> lookups = [];
        List<PublicKey> writable = [], readOnly = [];
        foreach (var table in tables)
        {
            var taken = accounts.Where(m => !m.IsSigner && !invoked.Contains(m.PublicKey) && table.IndexOf(m.PublicKey) is not null).Order(ByKey).ToList();
            if (taken.Count == 0)
            {
                continue;
            }

            accounts = [.. accounts.Except(taken)];
            byte[] Indexes(bool isWritable) => [.. taken.Where(m => m.IsWritable == isWritable).Select(m => table.IndexOf(m.PublicKey)!.Value)];
            lookups.Add(new MessageAddressTableLookup(table.Key, Indexes(isWritable: true), Indexes(isWritable: false)));
            writable.AddRange(taken.Where(m => m.IsWritable).Select(m => m.PublicKey));
            readOnly.AddRange(taken.Where(m => !m.IsWritable).Select(m => m.PublicKey));
        }

        return Assemble(accounts, MessageVersion.V0, [.. writable, .. readOnly], recentBlockhash, instructions) with { AddressTableLookups = lookups };
    }

    private static readonly Comparer<AccountMeta> ByKey = Comparer<AccountMeta>.Create((a, b) => a.PublicKey.CompareTo(b.PublicKey));

    /// <summary>Every account once, with the strongest of its roles; the fee payer first.</summary>
    private static List<AccountMeta> Roles(PublicKey feePayer, IReadOnlyList<TransactionInstruction> instructions)
    {
        var roles = new Dictionary<PublicKey, AccountMeta>();
        foreach (var meta in instructions.SelectMany(i => i.Keys.Append(AccountMeta.ReadOnly(i.ProgramId))))
        {
            roles[meta.PublicKey] = roles.TryGetValue(meta.PublicKey, out var known)
                ? new AccountMeta(meta.PublicKey, known.IsSigner || meta.IsSigner, known.IsWritable || meta.IsWritable)
                : meta;
        }

        roles.Remove(feePayer);
        return
        [
            AccountMeta.Writable(feePayer, isSigner: true),
            .. roles.Values
                .OrderBy(m => (m.IsSigner, m.IsWritable) switch { (true, true) => 0, (true, false) => 1, (false, true) => 2, _ => 3 })
                .ThenBy(m => m.PublicKey),
        ];
    }

    private static Message Assemble(
        List<AccountMeta> accounts, MessageVersion version, IReadOnlyList<PublicKey> lookedUp, PublicKey recentBlockhash, IReadOnlyList<TransactionInstruction> instructions)
    {
        PublicKey[] all = [.. accounts.Select(m => m.PublicKey), .. lookedUp];
        if (all.Length > MaxAccounts)
        {
            throw new ArgumentException($"{all.Length} accounts; a transaction can name {MaxAccounts}.", nameof(instructions));
        }

        var index = all.Select((key, i) => (key, Index: (byte)i)).ToDictionary(x => x.key, x => x.Index);
        return new Message(
            new MessageHeader(
                (byte)accounts.Count(m => m.IsSigner),
                (byte)accounts.Count(m => m is { IsSigner: true, IsWritable: false }),
                (byte)accounts.Count(m => m is { IsSigner: false, IsWritable: false })),
            [.. accounts.Select(m => m.PublicKey)],
            recentBlockhash,
            [.. instructions.Select(i => new CompiledInstruction(index[i.ProgramId], [.. i.Keys.Select(k => index[k.PublicKey])], i.Data))])
        {
            Version = version,
        };
    }

    /// <summary>All accounts in the numbering that instructions use.</summary>
    /// <exception cref="ArgumentException">a table is missing, or has no such place</exception>
    public IReadOnlyList<PublicKey> ResolveAccounts(IReadOnlyList<AddressLookupTable> tables)
    {
        IEnumerable<PublicKey> From(Func<MessageAddressTableLookup, byte[]> indexes) => AddressTableLookups.SelectMany(lookup =>
        {
            var table = tables.FirstOrDefault(t => t.Key == lookup.AccountKey) ?? throw new ArgumentException($"The lookup table {lookup.AccountKey} is missing.", nameof(tables));
            return indexes(lookup).Select(i => i < table.Addresses.Count
                ? table.Addresses[i]
                : throw new ArgumentException($"The lookup table {table.Key} has {table.Addresses.Count} addresses, not number {i}.", nameof(tables)));
        });

        return [.. AccountKeys, .. From(l => l.WritableIndexes), .. From(l => l.ReadonlyIndexes)];
    }

    /// <param name="account">in the numbering that instructions use</param>
    public bool IsWritable(int account) => account < Header.RequiredSignatures
        ? account < Header.RequiredSignatures - Header.ReadOnlySigned
        : account < AccountKeys.Count
            ? account < AccountKeys.Count - Header.ReadOnlyUnsigned
            : account < AccountKeys.Count + AddressTableLookups.Sum(t => t.WritableIndexes.Length);

    public byte[] Serialize()
    {
        List<byte> bytes = Version == MessageVersion.Legacy ? [] : [VersionBit];
        bytes.AddRange([Header.RequiredSignatures, Header.ReadOnlySigned, Header.ReadOnlyUnsigned]);
        CompactU16.Write(bytes, AccountKeys.Count);
        foreach (var key in AccountKeys)
        {
            bytes.AddRange(key.AsSpan());
        }

        bytes.AddRange(RecentBlockhash.AsSpan());
        CompactU16.Write(bytes, Instructions.Count);
        foreach (var instruction in Instructions)
        {
            bytes.Add(instruction.ProgramIdIndex);
            CompactU16.Write(bytes, instruction.Accounts.Length);
            bytes.AddRange(instruction.Accounts);
            CompactU16.Write(bytes, instruction.Data.Length);
            bytes.AddRange(instruction.Data);
        }

        if (Version == MessageVersion.V0)
        {
            CompactU16.Write(bytes, AddressTableLookups.Count);
            foreach (var lookup in AddressTableLookups)
            {
                bytes.AddRange(lookup.AccountKey.AsSpan());
                CompactU16.Write(bytes, lookup.WritableIndexes.Length);
                bytes.AddRange(lookup.WritableIndexes);
                CompactU16.Write(bytes, lookup.ReadonlyIndexes.Length);
                bytes.AddRange(lookup.ReadonlyIndexes);
            }
        }

        return [.. bytes];
    }

    /// <exception cref="FormatException">not exactly one well-formed message, or of a version that is not known here</exception>
    public static Message Deserialize(ReadOnlySpan<byte> bytes)
    {
        var version = MessageVersion.Legacy;
        if (!bytes.IsEmpty && (bytes[0] & VersionBit) != 0)
        {
            var number = Take(ref bytes, 1)[0] & ~VersionBit;
            version = number == 0 ? MessageVersion.V0 : throw new FormatException($"A message of version {number}; legacy ones and version 0 are read here.");
        }

        var header = Take(ref bytes, 3);
        var keys = new PublicKey[CompactU16.Read(ref bytes)];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = new PublicKey(Take(ref bytes, PublicKey.Length));
        }

        var blockhash = new PublicKey(Take(ref bytes, PublicKey.Length));
        var instructions = new CompiledInstruction[CompactU16.Read(ref bytes)];
        for (var i = 0; i < instructions.Length; i++)
        {
            var program = Take(ref bytes, 1)[0];
            var accounts = Take(ref bytes, CompactU16.Read(ref bytes)).ToArray();
            instructions[i] = new CompiledInstruction(program, accounts, Take(ref bytes, CompactU16.Read(ref bytes)).ToArray());
        }

        var lookups = new MessageAddressTableLookup[version == MessageVersion.V0 ? CompactU16.Read(ref bytes) : 0];
        for (var i = 0; i < lookups.Length; i++)
        {
            var table = new PublicKey(Take(ref bytes, PublicKey.Length));
            var writable = Take(ref bytes, CompactU16.Read(ref bytes)).ToArray();
            lookups[i] = new MessageAddressTableLookup(table, writable, Take(ref bytes, CompactU16.Read(ref bytes)).ToArray());
        }

        var message = new Message(new MessageHeader(header[0], header[1], header[2]), keys, blockhash, instructions) { Version = version, AddressTableLookups = lookups };
        var total = keys.Length + message.LookedUp;
        var consistent = bytes.IsEmpty
            && header[0] > header[1]
            && header[0] + header[2] <= keys.Length
            && total <= MaxAccounts
            && lookups.All(l => l.WritableIndexes.Length + l.ReadonlyIndexes.Length > 0)
            && instructions.All(i => i.ProgramIdIndex < keys.Length && i.Accounts.All(a => a < total));
        return consistent ? message : throw new FormatException("A message whose parts do not fit together.");
    }

    internal static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> source, int count)
    {
        if (source.Length < count)
        {
            throw new FormatException("A transaction that ends too early.");
        }

        var taken = source[..count];
        source = source[count..];
        return taken;
    }
}
