namespace Hypernode.Solana;

/// <summary>Builds, signs, sends and waits. A lost answer to the send is no verdict: the signature is known before, so the chain is asked.</summary>
public sealed class TransactionSender(IRpcClient rpc, ConfirmationTracker tracker)
{
    /// <summary>The fee payer signs too and pays.</summary>
    public async Task<ConfirmationResult> SendAsync(
        IReadOnlyList<TransactionInstruction> instructions,
        ISigner feePayer,
        IReadOnlyList<ISigner>? signers = null,
        ConfirmationOptions? options = null,
        CancellationToken cancellation = default)
    {
        var blockhash = await rpc.GetLatestBlockHashAsync(cancellation: cancellation);
        var transaction = await new TransactionBuilder()
            .SetRecentBlockHash(blockhash.Blockhash)
            .SetFeePayer(feePayer.PublicKey)
            .AddInstructions(instructions)
            .BuildAsync([feePayer, .. signers ?? []], cancellation);
        return await SendAsync(transaction, blockhash.LastValidBlockHeight, options, cancellation: cancellation);
    }

    /// <param name="skipPreflight">the node does not simulate it first: faster, and a failure costs its fee</param>
    /// <exception cref="RpcTransportException">never for the send itself, whose outcome is then asked for</exception>
    public async Task<ConfirmationResult> SendAsync(
        Transaction transaction, ulong lastValidBlockHeight, ConfirmationOptions? options = null, bool skipPreflight = false, CancellationToken cancellation = default)
    {
        var bytes = transaction.Serialize();
        return await tracker.SendAndAwaitAsync(transaction.Signature, lastValidBlockHeight, () => TrySendAsync(transaction.Signature, bytes, skipPreflight, cancellation), bytes, options, cancellation);
    }

    /// <returns>null: the tracker finds out</returns>
    private async Task<ConfirmationResult?> TrySendAsync(string signature, byte[] bytes, bool skipPreflight, CancellationToken cancellation)
    {
        try
        {
            await rpc.SendTransactionAsync(bytes, skipPreflight, cancellation: cancellation);
        }
        catch (RpcException refused) when (refused.ProgramError is { } error && !SaysNothing(error))
        {
            // The preflight ran it and it failed: this node did not pass it on, so nothing happened.
            return new ConfirmationResult.Failed(signature, 0, error);
        }
        catch (Exception e) when (e is RpcException or RpcTransportException)
        {
            // Behind, already processed, unreachable: the tracker finds out.
        }

        return null;
    }

    // Refusals that a transaction which has already landed, or a node that lags, gives as well.
    private static bool SaysNothing(ProgramError error) => error.Name is "AlreadyProcessed" or "BlockhashNotFound";
}
