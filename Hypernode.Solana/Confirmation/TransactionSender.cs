namespace Hypernode.Solana;

/// <summary>Builds, signs, sends and waits. A lost answer to the send is no verdict: the signature is known before, so the chain is asked.</summary>
public sealed class TransactionSender(IRpcClient rpc, ConfirmationTracker tracker)
{
    /// <summary>The fee payer signs too and pays.</summary>
    public async Task<ConfirmationResult> SendAsync(
        IReadOnlyList<TransactionInstruction> instructions,
        Account feePayer,
        IReadOnlyList<Account>? signers = null,
        ConfirmationOptions? options = null,
        CancellationToken cancellation = default)
    {
        var blockhash = await rpc.GetLatestBlockHashAsync(cancellation: cancellation);
        var transaction = new TransactionBuilder()
            .SetRecentBlockHash(blockhash.Blockhash)
            .SetFeePayer(feePayer.PublicKey)
            .AddInstructions(instructions)
            .Build([feePayer, .. signers ?? []]);
        return await SendAsync(transaction, blockhash.LastValidBlockHeight, options, cancellation);
    }

    /// <exception cref="RpcTransportException">never for the send itself, whose outcome is then asked for</exception>
    public async Task<ConfirmationResult> SendAsync(
        Transaction transaction, ulong lastValidBlockHeight, ConfirmationOptions? options = null, CancellationToken cancellation = default)
    {
        var bytes = transaction.Serialize();
        try
        {
            await rpc.SendTransactionAsync(bytes, cancellation: cancellation);
        }
        catch (RpcException refused) when (refused.ProgramError is { } error && !SaysNothing(error))
        {
            // The preflight ran it and it failed: this node did not pass it on, so nothing happened.
            return new ConfirmationResult.Failed(transaction.Signature, 0, error);
        }
        catch (Exception e) when (e is RpcException or RpcTransportException)
        {
            // Behind, already processed, unreachable: the tracker finds out.
        }

        return await tracker.AwaitAsync(transaction.Signature, lastValidBlockHeight, bytes, options, cancellation);
    }

    // Refusals that a transaction which has already landed, or a node that lags, gives as well.
    private static bool SaysNothing(ProgramError error) => error.Name is "AlreadyProcessed" or "BlockhashNotFound";
}
