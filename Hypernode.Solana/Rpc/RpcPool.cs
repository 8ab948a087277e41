using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana;

/// <summary>
/// Several nodes of one cluster as one: a question goes to the first that is well, in the order given, and on to the next
/// when that one does not answer, is behind or is overloaded. What became of a transaction is not asked here: the
/// <see cref="ConfirmationTracker"/> asks every endpoint by itself and compares.
/// </summary>
public sealed partial class RpcPool : IRpcClient
{
    // -32004/-32014 no block or status yet, -32005 behind or unhealthy, -32007/-32009 skipped or missing, -32016 minimum slot not
    // reached, -32603 internal, 429 as some providers put it: this node can't, another may.
    private static readonly HashSet<int> CantAnswer = [-32004, -32005, -32007, -32009, -32014, -32016, -32603, 429, -32429];

    private readonly ILogger log;

    /// <param name="endpoints">in order of preference; at least one</param>
    public RpcPool(IReadOnlyList<RpcEndpoint> endpoints, ILogger<RpcPool>? log = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        if (endpoints.Count == 0)
        {
            throw new ArgumentException("At least one endpoint.", nameof(endpoints));
        }

        Endpoints = endpoints;
        this.log = log ?? NullLogger<RpcPool>.Instance;
    }

    public IReadOnlyList<RpcEndpoint> Endpoints { get; }

    /// <summary>Every endpoint that answers must serve the same cluster.</summary>
    /// <returns>its genesis hash, base58</returns>
    /// <exception cref="InvalidOperationException">two of them serve different ones; the message names them</exception>
    /// <exception cref="RpcTransportException">none answers</exception>
    public async Task<string> RequireOneClusterAsync(CancellationToken cancellation = default)
    {
        (RpcEndpoint Endpoint, string Genesis)? first = null;
        Exception? failure = null;
        foreach (var endpoint in Endpoints)
        {
            try
            {
                var genesis = await endpoint.Client.GetGenesisHashAsync(cancellation);
                first ??= (endpoint, genesis);
                if (genesis != first.Value.Genesis)
                {
                    throw new InvalidOperationException($"{first.Value.Endpoint.Name} and {endpoint.Name} serve different clusters ({first.Value.Genesis} and {genesis}).");
                }
            }
            catch (Exception e) when (e is RpcTransportException or RpcException)
            {
                Fail(endpoint, e);
                failure = e;
            }
        }

        return first?.Genesis ?? throw new RpcTransportException("getGenesisHash", "no endpoint answers", failure);
    }

    /// <summary>
    /// The same bytes carry the same signature, so a second endpoint may be given them when the first did not answer. That
    /// a program would refuse them counts only when no endpoint that is well takes them.
    /// </summary>
    /// <exception cref="RpcTransportException">nobody answered: it may have happened all the same</exception>
    public async Task<string> SendTransactionAsync(ReadOnlyMemory<byte> transaction, bool skipPreflight, Commitment preflightCommitment, CancellationToken cancellation)
    {
        RpcException? refused = null;
        string? refuser = null;
        RpcTransportException? silent = null;
        foreach (var endpoint in Order())
        {
            // One that has just failed is not waited for when another one has spoken.
            if (refused is not null && endpoint.Rests)
            {
                continue;
            }

            try
            {
                var signature = await endpoint.Client.SendTransactionAsync(transaction, skipPreflight, preflightCommitment, cancellation);
                endpoint.Answered();
                if (refused is { ProgramError: not null })
                {
                    RpcMetrics.Disagreed("preflight");
                    LogRefusedAndTaken(refuser!, refused.Message, endpoint.Name);
                }

                return signature;
            }
            catch (RpcTransportException failure)
            {
                Fail(endpoint, failure);
                silent = failure;
            }
            catch (RpcException failure)
            {
                if (IsUnable(failure))
                {
                    Fail(endpoint, failure);
                }
                else
                {
                    endpoint.Answered();
                }

                // "Already processed" is the most that a refusal can tell.
                if (refused is null || failure.ProgramError?.Name == "AlreadyProcessed")
                {
                    (refused, refuser) = (failure, endpoint.Name);
                }
            }
        }

        // A send without an answer may have happened: then no other's refusal is a verdict.
        throw (Exception?)silent ?? refused!;
    }

    /// <summary>Once, at the first endpoint that is well: asking twice gives twice.</summary>
    public Task<string> RequestAirdropAsync(PublicKey account, ulong lamports, CancellationToken cancellation) =>
        Order()[0].Client.RequestAirdropAsync(account, lamports, cancellation);

    public Task<LatestBlockHash> GetLatestBlockHashAsync(Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetLatestBlockHashAsync(commitment, cancellation));

    public Task<SimulationResult> SimulateTransactionAsync(ReadOnlyMemory<byte> transaction, bool verifySignatures, bool replaceRecentBlockhash, Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.SimulateTransactionAsync(transaction, verifySignatures, replaceRecentBlockhash, commitment, cancellation));

    public Task<SignatureStatuses> GetSignatureStatusesAsync(IReadOnlyList<string> signatures, bool searchTransactionHistory, CancellationToken cancellation) =>
        AskAsync(c => c.GetSignatureStatusesAsync(signatures, searchTransactionHistory, cancellation));

    public Task<AccountInfo?> GetAccountInfoAsync(PublicKey account, Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetAccountInfoAsync(account, commitment, cancellation));

    public Task<IReadOnlyList<AccountInfo?>> GetMultipleAccountsAsync(IReadOnlyList<PublicKey> accounts, Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetMultipleAccountsAsync(accounts, commitment, cancellation));

    public Task<ulong> GetBalanceAsync(PublicKey account, Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetBalanceAsync(account, commitment, cancellation));

    public Task<TokenBalance> GetTokenAccountBalanceAsync(PublicKey tokenAccount, Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetTokenAccountBalanceAsync(tokenAccount, commitment, cancellation));

    public Task<ulong> GetBlockHeightAsync(Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetBlockHeightAsync(commitment, cancellation));

    public Task<ulong> GetSlotAsync(Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetSlotAsync(commitment, cancellation));

    public Task<string> GetGenesisHashAsync(CancellationToken cancellation) =>
        AskAsync(c => c.GetGenesisHashAsync(cancellation));

    public Task<ulong> GetMinimumBalanceForRentExemptionAsync(ulong dataLength, CancellationToken cancellation) =>
        AskAsync(c => c.GetMinimumBalanceForRentExemptionAsync(dataLength, cancellation));

    public Task<IReadOnlyList<ProgramAccount>> GetProgramAccountsAsync(PublicKey program, IReadOnlyList<AccountFilter>? filters, Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetProgramAccountsAsync(program, filters, commitment, cancellation));

    public Task<IReadOnlyList<AddressSignature>> GetSignaturesForAddressAsync(PublicKey account, int limit, Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetSignaturesForAddressAsync(account, limit, commitment, cancellation));

    public Task<IReadOnlyList<ulong>> GetRecentPrioritizationFeesAsync(IReadOnlyList<PublicKey> writable, CancellationToken cancellation) =>
        AskAsync(c => c.GetRecentPrioritizationFeesAsync(writable, cancellation));

    public Task<TransactionInfo?> GetTransactionAsync(string signature, Commitment commitment, CancellationToken cancellation) =>
        AskAsync(c => c.GetTransactionAsync(signature, commitment, cancellation));

    /// <summary>Those that are well first, each group in the order given.</summary>
    private IReadOnlyList<RpcEndpoint> Order() => Endpoints.Count == 1 ? Endpoints : [.. Endpoints.OrderBy(e => e.Rests)];

    private async Task<T> AskAsync<T>(Func<IRpcClient, Task<T>> ask)
    {
        Exception? failure = null;
        foreach (var endpoint in Order())
        {
            try
            {
                var answer = await ask(endpoint.Client);
                endpoint.Answered();
                if (failure is not null)
                {
                    RpcMetrics.FailedOver(endpoint.Name);
                }

                return answer;
            }
            catch (Exception e) when (e is RpcTransportException || e is RpcException answered && IsUnable(answered))
            {
                Fail(endpoint, e);
                failure = e;
            }
        }

        throw failure!;
    }

    private static bool IsUnable(RpcException failure) => failure.ProgramError is null && CantAnswer.Contains(failure.Code);

    private void Fail(RpcEndpoint endpoint, Exception failure)
    {
        endpoint.Failed();
        LogFailed(endpoint.Name, failure.Message);
    }

    [LoggerMessage(EventId = 4120, Level = LogLevel.Warning, Message = "{Endpoint} does not answer: {Reason}")]
    private partial void LogFailed(string endpoint, string reason);

    [LoggerMessage(EventId = 4121, Level = LogLevel.Error, Message = "Endpoints disagree: {Refuser} refused a transaction ({Reason}) that {Taker} took; its fate will be asked for")]
    private partial void LogRefusedAndTaken(string refuser, string reason, string taker);
}
