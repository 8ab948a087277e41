namespace Hypernode.Solana.Facilitator;

/// <summary>What the chain says of the facilitator.</summary>
public sealed class FacilitatorReader(IRpcClient rpc, FacilitatorProgram program)
{
    /// <returns>null before initialize</returns>
    public async Task<FacilitatorConfig?> GetConfigAsync(CancellationToken cancellation = default) =>
        FacilitatorConfig.From(await rpc.GetAccountInfoAsync(program.ConfigAddress, cancellation: cancellation), program.ProgramIdKey);

    /// <returns>null when there is no such payment</returns>
    public async Task<PaymentIntentAccount?> GetPaymentAsync(Guid intentId, Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default) =>
        PaymentIntentAccount.From(await rpc.GetAccountInfoAsync(program.PaymentAddress(intentId), commitment, cancellation), program.ProgramIdKey);

    /// <summary>All payments of one status.</summary>
    public async Task<IReadOnlyList<PaymentIntentAccount>> ListPaymentsAsync(PaymentStatus status, CancellationToken cancellation = default)
    {
        var accounts = await rpc.GetProgramAccountsAsync(
            program.ProgramIdKey,
            [
                new AccountFilter.Memcmp(0, PaymentIntentAccount.DiscriminatorBytes.ToArray()),
                new AccountFilter.Memcmp(PaymentIntentAccount.StatusOffset, [(byte)status]),
            ],
            cancellation: cancellation);
        return [.. accounts.Select(a => PaymentIntentAccount.Decode(a.Account.Data))];
    }
}
