using Hypernode.Solana;
using Hypernode.Solana.X402;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>What only the chain can say of a client's transfer. Asked before anything is written, opened or signed.</summary>
internal sealed class TransferChecks(IRpcClient rpc)
{
    private const string Simulation = "invalid_exact_svm_transaction_simulation_failed";

    /// <param name="payTo">the owner of the account that the transfer goes to</param>
    /// <param name="opener">would open that account where it is missing; null: nobody</param>
    /// <returns>no code: the chain would take it now</returns>
    public async Task<(string? Code, string? Detail)> RefuseAsync(ExactTransfer transfer, PublicKey payTo, PublicKey? opener, CancellationToken cancellation)
    {
        var accounts = await rpc.GetMultipleAccountsAsync([transfer.Source, transfer.Destination], cancellation: cancellation);
        if (TokenAccount.From(accounts[0]) is not { } source || source.Amount < transfer.Amount)
        {
            return ("insufficient_funds", $"the payer's token account holds {TokenAccount.From(accounts[0])?.Amount ?? 0} base units of {transfer.Amount}");
        }

        // The account may not be there yet, and is not to be made for a transfer that would fail: so what is tried is the
        // same transfer behind the instruction that would make it.
        var isThere = accounts[1] is { } there && there.Owner == TokenProgram.ProgramIdKey;
        if (!isThere && opener is null)
        {
            return (Simulation, $"{payTo} has no account for the mint");
        }

        byte[] tried;
        try
        {
            tried = isThere ? transfer.Transaction.Serialize() : new Transaction(WithOpening(transfer.Transaction.Message, payTo, transfer.Mint, opener!)).Serialize();
        }
        catch (InvalidOperationException)
        {
            return (Simulation, "the transaction is too large to be tried with the account that it needs");
        }

        // Not with a fresh blockhash: whether the chain still takes the client's own is a part of the question.
        var result = await rpc.SimulateTransactionAsync(tried, verifySignatures: false, replaceRecentBlockhash: false, cancellation: cancellation);
        return result.Error is null ? default : (Simulation, result.ProgramError?.Message ?? result.Error.ToString());
    }

    private static Message WithOpening(Message message, PublicKey payTo, PublicKey mint, PublicKey opener)
    {
        // Behind the compute budget's two, whose limit is for the transfer alone.
        const int budget = 2;
        return Message.Compile(opener, message.RecentBlockhash,
            [
                ComputeBudgetProgram.SetComputeUnitLimit(ExactTransfer.MaxComputeUnits),
                AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(opener, payTo, mint),
                .. message.Instructions.Skip(budget).Select(i => Decompile(message, i)),
            ]);
    }

    private static TransactionInstruction Decompile(Message message, CompiledInstruction instruction) => new(
        message.AccountKeys[instruction.ProgramIdIndex],
        [.. instruction.Accounts.Select(a => new AccountMeta(message.AccountKeys[a], a < message.Header.RequiredSignatures, message.IsWritable(a)))],
        instruction.Data);
}
