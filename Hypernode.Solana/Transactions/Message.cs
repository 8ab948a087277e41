using System.Runtime.InteropServices;

namespace Hypernode.Solana;

/// <summary>How many accounts, from the front of the list, sign, and how many of each kind are read-only.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct MessageHeader(byte RequiredSignatures, byte ReadOnlySigned, byte ReadOnlyUnsigned);

/// <summary>An instruction with its accounts as indexes into the message's list.</summary>
public sealed record CompiledInstruction(byte ProgramIdIndex, byte[] Accounts, byte[] Data);

/// <summary>
/// A legacy message. Accounts are ordered as the chain demands (fee payer; writable signers; read-only signers;
/// writable; read-only) and within a kind by key, as Solana's Rust SDK does, so equal input gives equal bytes.
/// </summary>
public sealed record Message(
    MessageHeader Header,
    IReadOnlyList<PublicKey> AccountKeys,
    PublicKey RecentBlockhash,
    IReadOnlyList<CompiledInstruction> Instructions)
{
    // An index is one byte.
    private const int MaxAccounts = 256;

    public IEnumerable<PublicKey> Signers => AccountKeys.Take(Header.RequiredSignatures);

    /// <summary>The program of each instruction, which tells whose error an instruction's error number is.</summary>
    public IReadOnlyList<PublicKey> Programs => [.. Instructions.Select(i => AccountKeys[i.ProgramIdIndex])];

    public static Message Compile(PublicKey feePayer, PublicKey recentBlockhash, IReadOnlyList<TransactionInstruction> instructions)
    {
        var roles = new Dictionary<PublicKey, AccountMeta>();
        foreach (var meta in instructions.SelectMany(i => i.Keys.Append(AccountMeta.ReadOnly(i.ProgramId))))
        {
            roles[meta.PublicKey] = roles.TryGetValue(meta.PublicKey, out var known)
                ? new AccountMeta(meta.PublicKey, known.IsSigner || meta.IsSigner, known.IsWritable || meta.IsWritable)
                : meta;
        }

        roles.Remove(feePayer);
        var others = roles.Values
            .OrderBy(m => (m.IsSigner, m.IsWritable) switch { (true, true) => 0, (true, false) => 1, (false, true) => 2, _ => 3 })
            .ThenBy(m => m.PublicKey)
            .ToList();
        List<AccountMeta> all = [AccountMeta.Writable(feePayer, isSigner: true), .. others];
        if (all.Count > MaxAccounts)
        {
            throw new ArgumentException($"{all.Count} accounts; a transaction can name {MaxAccounts}.", nameof(instructions));
        }

        var index = all.Select((m, i) => (m.PublicKey, Index: (byte)i)).ToDictionary(x => x.PublicKey, x => x.Index);
        return new Message(
            new MessageHeader(
                (byte)all.Count(m => m.IsSigner),
                (byte)all.Count(m => m is { IsSigner: true, IsWritable: false }),
                (byte)all.Count(m => m is { IsSigner: false, IsWritable: false })),
            [.. all.Select(m => m.PublicKey)],
            recentBlockhash,
            [.. instructions.Select(i => new CompiledInstruction(index[i.ProgramId], [.. i.Keys.Select(k => index[k.PublicKey])], i.Data))]);
    }

    public bool IsWritable(int account) => account < Header.RequiredSignatures
        ? account < Header.RequiredSignatures - Header.ReadOnlySigned
        : account < AccountKeys.Count - Header.ReadOnlyUnsigned;

    public byte[] Serialize()
    {
        List<byte> bytes = [Header.RequiredSignatures, Header.ReadOnlySigned, Header.ReadOnlyUnsigned];
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

        return [.. bytes];
    }

    /// <exception cref="FormatException">not exactly one well-formed legacy message</exception>
    public static Message Deserialize(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty && (bytes[0] & 0x80) != 0)
        {
            throw new FormatException("A versioned message; only legacy messages are read here.");
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

        var message = new Message(new MessageHeader(header[0], header[1], header[2]), keys, blockhash, instructions);
        var consistent = bytes.IsEmpty
            && header[0] > header[1]
            && header[0] + header[2] <= keys.Length
            && instructions.All(i => i.ProgramIdIndex < keys.Length && i.Accounts.All(a => a < keys.Length));
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
