using System.Security.Cryptography;

namespace Hypernode.Solana.Facilitator;

/// <summary>
/// The terms of a payment that arrives as a plain transfer, as x402 clients make it: their hash is the address that it goes
/// to, so nobody has to be believed about who paid, for what, and until when.
/// </summary>
/// <param name="Payer">whose payment it becomes, and who gets back what can't become one</param>
/// <param name="Amount">base units</param>
/// <param name="SettleBy">seconds since the epoch; until then it can be activated, from then on reclaimed</param>
public sealed record DepositTerms(PublicKey Mint, Guid IntentId, Guid JobId, PublicKey Payer, ulong Amount, long SettleBy)
{
    /// <param name="cluster">32 bytes, from Config</param>
    public byte[] Commitment(ReadOnlySpan<byte> cluster, PublicKey program) => SHA256.HashData(new WireWriter()
        .Bytes("HYPERNODE/deposit/v1"u8)
        .Fixed(cluster, 32, "A cluster id")
        .Key(program)
        .Key(Mint)
        .Uuid(IntentId)
        .Uuid(JobId)
        .Key(Payer)
        .U64(Amount)
        .I64(SettleBy)
        .ToArray());
}

/// <summary>Where x402 clients pay to, and how that becomes a payment or goes back.</summary>
public static class FacilitatorDeposits
{
    /// <summary>What an x402 client is told as <c>payTo</c>.</summary>
    /// <param name="cluster">32 bytes, from Config</param>
    public static PublicKey DepositAddress(this FacilitatorProgram program, DepositTerms terms, ReadOnlySpan<byte> cluster) =>
        PublicKey.FindProgramAddress(["deposit"u8.ToArray(), terms.Commitment(cluster, program.ProgramIdKey)], program.ProgramIdKey).Address;

    /// <summary>The token account that its transfer lands in. The facilitator opens it when it settles (before, only for a payer who asks), and gets its rent.</summary>
    public static PublicKey DepositTokenAddress(this FacilitatorProgram program, DepositTerms terms, ReadOnlySpan<byte> cluster) =>
        FacilitatorProgram.TokenAccountOf(program.DepositAddress(terms, cluster), terms.Mint);

    /// <summary>Makes the deposit a payment: the amount goes into escrow, what is beyond it back to the payer.</summary>
    /// <param name="settings">its facilitator signs, pays the rent of the payment and gets that of the deposit</param>
    /// <param name="payerToken">any token account that the payer owns; looked at only when something goes back</param>
    public static TransactionInstruction ActivateIntent(
        this FacilitatorProgram program, DepositTerms terms, FacilitatorConfig settings, PublicKey payerToken)
    {
        var deposit = program.DepositAddress(terms, settings.Cluster);
        return new TransactionInstruction(program.ProgramIdKey,
            [
                AccountMeta.Writable(settings.Facilitator, isSigner: true),
                AccountMeta.ReadOnly(program.ConfigAddress),
                AccountMeta.ReadOnly(terms.Mint),
                AccountMeta.ReadOnly(terms.Payer),
                AccountMeta.ReadOnly(deposit),
                AccountMeta.Writable(FacilitatorProgram.TokenAccountOf(deposit, terms.Mint)),
                AccountMeta.Writable(payerToken),
                AccountMeta.Writable(program.PaymentAddress(terms.IntentId)),
                AccountMeta.Writable(program.EscrowAddress(terms.IntentId)),
                AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
                AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
            ],
            Call("activate_intent", terms));
    }

    /// <summary>
    /// Gives back what lies at the address and can't become its payment: too late, too early, twice, or in another mint.
    /// Anyone may send it, and a pause does not stop it.
    /// </summary>
    /// <param name="payerToken">any token account that the payer owns, in the mint of what lies there</param>
    /// <param name="depositToken">the terms' ATA when null; another token account of the address, perhaps of another mint</param>
    public static TransactionInstruction ReclaimDeposit(
        this FacilitatorProgram program, DepositTerms terms, FacilitatorConfig settings, PublicKey payerToken, PublicKey? depositToken = null)
    {
        var deposit = program.DepositAddress(terms, settings.Cluster);
        return new TransactionInstruction(program.ProgramIdKey,
            [
                AccountMeta.ReadOnly(program.ConfigAddress),
                AccountMeta.ReadOnly(terms.Mint),
                AccountMeta.ReadOnly(terms.Payer),
                AccountMeta.ReadOnly(deposit),
                AccountMeta.Writable(depositToken ?? FacilitatorProgram.TokenAccountOf(deposit, terms.Mint)),
                AccountMeta.Writable(payerToken),
                AccountMeta.ReadOnly(program.PaymentAddress(terms.IntentId)),
                AccountMeta.Writable(settings.Facilitator),
                AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
            ],
            Call("reclaim_deposit", terms));
    }

    private static byte[] Call(string instruction, DepositTerms terms) => new WireWriter().Bytes(AnchorDiscriminator.Instruction(instruction))
        .Uuid(terms.IntentId).Uuid(terms.JobId).U64(terms.Amount).I64(terms.SettleBy).ToArray();
}
