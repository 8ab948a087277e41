namespace Hypernode.Solana.Tests;

/// <summary>A node that says what it is told to, and fails where it is told to.</summary>
internal class FakeRpc : IRpcClient
{
    public Func<ulong> BlockHeight { get; set; } = () => 100;

    public Func<bool, SignatureStatus?> Status { get; set; } = _ => null;

    public Func<string, TransactionInfo?> Transaction { get; set; } = _ => null;

    public Func<ReadOnlyMemory<byte>, string> Send { get; set; } = _ => "";

    public Func<PublicKey, AccountInfo?> Account { get; set; } = _ => null;

    /// <summary>The newest that it knows of.</summary>
    public Func<ulong> Slot { get; set; } = () => 1_000;

    public Func<string> Genesis { get; set; } = () => "genesis";

    public int Sent { get; private set; }

    public int StatusQuestions { get; private set; }

    public int HistoryQuestions { get; private set; }

    public Task<ulong> GetBlockHeightAsync(Commitment commitment, CancellationToken cancellation)
    {
        commitment.ShouldBe(Commitment.Finalized, "a height that can be rolled back expires nothing");
        return Task.FromResult(BlockHeight());
    }

    public virtual Task<SignatureStatuses> GetSignatureStatusesAsync(IReadOnlyList<string> signatures, bool searchTransactionHistory, CancellationToken cancellation)
    {
        StatusQuestions++;
        HistoryQuestions += searchTransactionHistory ? 1 : 0;
        return Task.FromResult(new SignatureStatuses(Slot(), [Status(searchTransactionHistory)]));
    }

    public Task<TransactionInfo?> GetTransactionAsync(string signature, Commitment commitment, CancellationToken cancellation) => Task.FromResult(Transaction(signature));

    public Task<string> SendTransactionAsync(ReadOnlyMemory<byte> transaction, bool skipPreflight, Commitment preflightCommitment, CancellationToken cancellation)
    {
        Sent++;
        return Task.FromResult(Send(transaction));
    }

    public Task<LatestBlockHash> GetLatestBlockHashAsync(Commitment commitment, CancellationToken cancellation) =>
        Task.FromResult(new LatestBlockHash("GHtXQBsoZHVnNFa9YevAzFr17DJjgHXk3ycTKD5xD3Zi", 250, 1));

    public Task<AccountInfo?> GetAccountInfoAsync(PublicKey account, Commitment commitment, CancellationToken cancellation) => Task.FromResult(Account(account));

    public Task<SimulationResult> SimulateTransactionAsync(ReadOnlyMemory<byte> transaction, bool verifySignatures, bool replaceRecentBlockhash, Commitment commitment, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<AccountInfo?>> GetMultipleAccountsAsync(IReadOnlyList<PublicKey> accounts, Commitment commitment, CancellationToken cancellation) => throw new NotSupportedException();

    public Func<ulong> Balance { get; set; } = () => 0;

    public Task<ulong> GetBalanceAsync(PublicKey account, Commitment commitment, CancellationToken cancellation) => Task.FromResult(Balance());

    public Task<TokenBalance> GetTokenAccountBalanceAsync(PublicKey tokenAccount, Commitment commitment, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<AddressSignature>> GetSignaturesForAddressAsync(PublicKey account, int limit, Commitment commitment, CancellationToken cancellation) => throw new NotSupportedException();

    public Func<IReadOnlyList<ulong>> PriorityFees { get; set; } = () => [];

    public Task<IReadOnlyList<ulong>> GetRecentPrioritizationFeesAsync(IReadOnlyList<PublicKey> writable, CancellationToken cancellation) => Task.FromResult(PriorityFees());

    public Task<ulong> GetSlotAsync(Commitment commitment, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<string> GetGenesisHashAsync(CancellationToken cancellation) => Task.FromResult(Genesis());

    public Task<ulong> GetMinimumBalanceForRentExemptionAsync(ulong dataLength, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<string> RequestAirdropAsync(PublicKey account, ulong lamports, CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IReadOnlyList<ProgramAccount>> GetProgramAccountsAsync(PublicKey program, IReadOnlyList<AccountFilter>? filters, Commitment commitment, CancellationToken cancellation) => throw new NotSupportedException();
}

/// <summary>Takes every question about a transaction and never answers it.</summary>
internal sealed class HangingRpc : FakeRpc
{
    public override async Task<SignatureStatuses> GetSignatureStatusesAsync(IReadOnlyList<string> signatures, bool searchTransactionHistory, CancellationToken cancellation)
    {
        await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        throw new InvalidOperationException("never");
    }
}
