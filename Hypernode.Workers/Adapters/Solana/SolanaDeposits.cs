using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.X402;
using DepositTerms = Hypernode.Contracts.Ports.DepositTerms;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>x402's plain transfers on Solana. It asks, and gives back; what brings a deposit into its escrow is <see cref="SolanaEscrow"/>.</summary>
public sealed class SolanaDeposits : IDeposits
{
    private readonly IRpcClient rpc;
    private readonly ISigner relayer;
    private readonly DepositTransfers transfers;
    private readonly TransferChecks checks;
    private readonly TransactionSender sender;

    /// <param name="config">as the chain has it</param>
    /// <param name="relayer">Config's facilitator</param>
    public SolanaDeposits(IRpcClient rpc, PublicKey program, FacilitatorConfig config, ISigner relayer, SolanaOptions options, TimeProvider time)
    {
        (this.rpc, this.relayer) = (rpc, relayer);
        transfers = new DepositTransfers(rpc, new FacilitatorProgram(program), config, relayer, options, time);
        checks = new TransferChecks(rpc);
        sender = new TransactionSender(rpc, new ConfirmationTracker(rpc, time, new ConfirmationOptions
        {
            Deadline = TimeSpan.FromSeconds(options.ConfirmationSeconds),
            PollInterval = TimeSpan.FromMilliseconds(options.PollMilliseconds),
        }));
        FeePayer = relayer.PublicKey.ToAddress();
        Mints = [config.Mint.ToAddress(), .. (config.Others ?? []).Select(o => o.Mint.ToAddress())];
    }

    public WalletAddress FeePayer { get; }

    public IReadOnlyList<WalletAddress> Mints { get; }

    public WalletAddress AddressOf(DepositTerms terms) => transfers.AddressOf(terms).ToAddress();

    public TransferCheck Judge(DepositTerms terms, ReadOnlySpan<byte> transaction) =>
        transfers.Read(terms, transaction, out var refusal) is { } transfer ? Sound(transfer) : new TransferCheck(refusal);

    public async Task<TransferCheck> CheckAsync(DepositTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken)
    {
        if (transfers.Read(terms, transaction.Span, out var refusal) is not { } transfer)
        {
            return new TransferCheck(refusal);
        }

        var (code, detail) = await AskAsync(() => checks.RefuseAsync(transfer, transfers.AddressOf(terms), relayer.PublicKey, cancellationToken));
        return code is null ? Sound(transfer) : new TransferCheck(code, detail);
    }

    public Task<string> TransactionIdAsync(ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) => transfers.TransactionIdAsync(transaction, cancellationToken);

    public Task<bool> HasFundsAsync(DepositTerms terms, CancellationToken cancellationToken) => AskAsync(async () =>
        TokenAccount.From(await rpc.GetAccountInfoAsync(FacilitatorProgram.TokenAccountOf(terms.Payer.ToKey(), terms.Mint.ToKey()), cancellation: cancellationToken))
            is { State: TokenAccountState.Initialized } account && account.Amount >= terms.Amount.BaseUnits);

    public Task OpenAsync(DepositTerms terms, CancellationToken cancellationToken) => AskAsync(async () =>
        await transfers.OpenAsync(terms, cancellationToken) is { } not ? throw new IOException($"The deposit's account is not open: {not}") : true);

    public Task<int> ReclaimAsync(IReadOnlyList<DepositTerms> deposits, CancellationToken cancellationToken) => AskAsync(async () =>
    {
        var accounts = await rpc.GetMultipleAccountsAsync([.. deposits.Select(transfers.TokenAddressOf)], cancellation: cancellationToken);
        var closed = 0;
        for (var i = 0; i < deposits.Count; i++)
        {
            if (TokenAccount.From(accounts[i]) is { } there)
            {
                closed += await ReclaimAsync(deposits[i], there.Amount, cancellationToken) ? 1 : 0;
            }
        }

        return closed;
    });

    /// <summary>One that the program still keeps, or whose payer's account can't take it, must not keep the others from it.</summary>
    private async Task<bool> ReclaimAsync(DepositTerms terms, ulong amount, CancellationToken cancellation)
    {
        var (payer, mint) = (terms.Payer.ToKey(), terms.Mint.ToKey());
        var to = amount == 0
            ? new PayoutAccount(FacilitatorProgram.TokenAccountOf(payer, mint), [])
            : await new PayoutAccounts(rpc, sender, mint, relayer).OfPayerAsync(payer, terms.IntentId.Value, avoidUsual: false, cancellation);
        var result = await sender.SendAsync([.. to.Opening, transfers.Reclaim(terms, to.Address)], relayer, cancellation: cancellation);
        return result.Happened;
    }

    private static TransferCheck Sound(ExactTransfer transfer) => new(null, Signature: Base58.Encode(transfer.Transaction.SignatureOf(transfer.Authority)!));

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is RpcException or RpcTransportException or FormatException)
        {
            throw new IOException($"The chain can't be asked now: {e.Message}", e);
        }
    }
}
