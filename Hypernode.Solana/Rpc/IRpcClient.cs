namespace Hypernode.Solana;

/// <summary>How far a slot must have got before its state counts.</summary>
public enum Commitment
{
    Processed,
    Confirmed,
    Finalized,
}

/// <summary>
/// A Solana node's JSON-RPC. Two failures, told apart: <see cref="RpcException"/>, the node answered "no";
/// <see cref="RpcTransportException"/>, there was no answer to trust, so whatever was sent may have happened.
/// </summary>
public interface IRpcClient
{
    Task<LatestBlockHash> GetLatestBlockHashAsync(Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    /// <summary>Sent once: a send is never repeated behind the caller's back.</summary>
    /// <returns>the signature, base58</returns>
    Task<string> SendTransactionAsync(ReadOnlyMemory<byte> transaction, bool skipPreflight = false, Commitment preflightCommitment = Commitment.Confirmed, CancellationToken cancellation = default);

    Task<SimulationResult> SimulateTransactionAsync(ReadOnlyMemory<byte> transaction, bool verifySignatures = false, bool replaceRecentBlockhash = false, Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    /// <param name="signatures">base58, at most 256</param>
    /// <param name="searchTransactionHistory">false: the node's recent cache only</param>
    /// <returns>in the order asked; null where the node knows nothing</returns>
    Task<SignatureStatuses> GetSignatureStatusesAsync(IReadOnlyList<string> signatures, bool searchTransactionHistory = false, CancellationToken cancellation = default);

    /// <returns>null when there is no such account</returns>
    Task<AccountInfo?> GetAccountInfoAsync(PublicKey account, Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    /// <param name="accounts">any number; asked for in hundreds</param>
    Task<IReadOnlyList<AccountInfo?>> GetMultipleAccountsAsync(IReadOnlyList<PublicKey> accounts, Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    /// <returns>lamports</returns>
    Task<ulong> GetBalanceAsync(PublicKey account, Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    /// <returns>base units of the account's mint</returns>
    /// <exception cref="RpcException">no such token account</exception>
    Task<TokenBalance> GetTokenAccountBalanceAsync(PublicKey tokenAccount, Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    Task<ulong> GetBlockHeightAsync(Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    Task<ulong> GetSlotAsync(Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    /// <returns>base58 of 32 bytes: which cluster this is</returns>
    Task<string> GetGenesisHashAsync(CancellationToken cancellation = default);

    /// <returns>lamports</returns>
    Task<ulong> GetMinimumBalanceForRentExemptionAsync(ulong dataLength, CancellationToken cancellation = default);

    /// <returns>the signature, base58</returns>
    Task<string> RequestAirdropAsync(PublicKey account, ulong lamports, CancellationToken cancellation = default);

    Task<IReadOnlyList<ProgramAccount>> GetProgramAccountsAsync(PublicKey program, IReadOnlyList<AccountFilter>? filters = null, Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    /// <summary>Transactions that named this account, newest first.</summary>
    /// <param name="limit">1 to 1,000</param>
    Task<IReadOnlyList<AddressSignature>> GetSignaturesForAddressAsync(PublicKey account, int limit = 1_000, Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);

    /// <summary>What transactions that wrote to all of these accounts paid at the least, slot by slot, of about the last 150.</summary>
    /// <param name="writable">at most 128; none: of the whole cluster</param>
    /// <returns>micro-lamports a compute unit, in no order</returns>
    Task<IReadOnlyList<ulong>> GetRecentPrioritizationFeesAsync(IReadOnlyList<PublicKey> writable, CancellationToken cancellation = default);

    /// <returns>null when the node does not know it at this commitment</returns>
    Task<TransactionInfo?> GetTransactionAsync(string signature, Commitment commitment = Commitment.Confirmed, CancellationToken cancellation = default);
}

/// <param name="Blockhash">base58</param>
/// <param name="LastValidBlockHeight">after this block height a transaction with this hash can no longer land</param>
/// <param name="Slot">of the answer</param>
public sealed record LatestBlockHash(string Blockhash, ulong LastValidBlockHeight, ulong Slot);

/// <param name="Signature">base58</param>
public sealed record AddressSignature(string Signature, ulong Slot, TransactionError? Error);

/// <param name="Slot">the newest that the node knew of when it answered: what is in later ones it can't know</param>
public sealed record SignatureStatuses(ulong Slot, IReadOnlyList<SignatureStatus?> Value);

/// <param name="Slot">in which it was processed</param>
public sealed record SignatureStatus(ulong Slot, Commitment Commitment, TransactionError? Error);

/// <param name="Lamports">balance in 10⁻⁹ SOL</param>
public sealed record AccountInfo(ulong Lamports, PublicKey Owner, bool Executable, byte[] Data);

public sealed record ProgramAccount(PublicKey PublicKey, AccountInfo Account);

/// <param name="Amount">base units</param>
public sealed record TokenBalance(ulong Amount, byte Decimals);

public sealed record SimulationResult(TransactionError? Error, ProgramError? ProgramError, IReadOnlyList<string> Logs, ulong UnitsConsumed, byte[]? ReturnData);

/// <param name="BlockTime">seconds since the epoch, where the node has it</param>
/// <param name="Fee">lamports</param>
/// <param name="Raw">the transaction as it was sent</param>
public sealed record TransactionInfo(ulong Slot, long? BlockTime, TransactionError? Error, ulong Fee, IReadOnlyList<string> Logs, byte[] Raw)
{
    /// <summary>Null when it succeeded.</summary>
    public ProgramError? DecodeError()
    {
        if (Error is null)
        {
            return null;
        }

        try
        {
            return ProgramError.Decode(Error, Logs, Transaction.Deserialize(Raw).Message.Programs);
        }
        catch (FormatException)
        {
            // Of a version that is not known here: the error itself is still good.
            return ProgramError.Decode(Error, Logs);
        }
    }
}

/// <summary>Which of a program's accounts to list.</summary>
public abstract record AccountFilter
{
    private AccountFilter()
    {
    }

    public sealed record DataSize(ulong Bytes) : AccountFilter;

    public sealed record Memcmp(uint Offset, byte[] Bytes) : AccountFilter;
}
