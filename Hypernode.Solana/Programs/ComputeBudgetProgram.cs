using System.Text;

namespace Hypernode.Solana;

/// <summary>What a transaction may cost.</summary>
public static class ComputeBudgetProgram
{
    public static PublicKey ProgramIdKey { get; } = new("ComputeBudget111111111111111111111111111111");

    /// <param name="units">compute units for the whole transaction</param>
    public static TransactionInstruction SetComputeUnitLimit(uint units) =>
        new(ProgramIdKey, [], new WireWriter().U8(2).U32(units).ToArray());

    /// <param name="microLamports">priority fee for each compute unit</param>
    public static TransactionInstruction SetComputeUnitPrice(ulong microLamports) =>
        new(ProgramIdKey, [], new WireWriter().U8(3).U64(microLamports).ToArray());
}

/// <summary>A text in the ledger.</summary>
public static class MemoProgram
{
    public static PublicKey ProgramIdKey { get; } = new("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

    public static TransactionInstruction NewMemo(string memo, params IEnumerable<PublicKey> signers) =>
        new(ProgramIdKey, [.. signers.Select(s => AccountMeta.ReadOnly(s, isSigner: true))], Encoding.UTF8.GetBytes(memo));
}
