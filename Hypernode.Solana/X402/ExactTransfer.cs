using System.Buffers.Binary;
using System.Text;

namespace Hypernode.Solana.X402;

/// <summary>What a transfer of x402's scheme <c>exact</c> has to be, to be signed by us as its fee payer.</summary>
/// <param name="FeePayer">ours: pays, and takes no other part</param>
/// <param name="PayTo">the wallet or address whose ATA the tokens go to</param>
/// <param name="Amount">base units of the mint, exactly</param>
/// <param name="Payer">whose tokens they must be; null: anybody's but ours</param>
/// <param name="Memo">the text that the transaction has to carry; null: any, or none</param>
public sealed record ExactTerms(PublicKey FeePayer, PublicKey Mint, PublicKey PayTo, ulong Amount, PublicKey? Payer = null, string? Memo = null)
{
    public PublicKey Destination => AssociatedTokenAccountProgram.DeriveAssociatedTokenAccount(PayTo, Mint);
}

/// <summary>
/// A client's partly signed transaction that moves tokens by one TransferChecked and does nothing else. The rules are those of
/// the specification for Solana, in the order and with the error codes of the reference facilitator, and stricter where that
/// leaves our key more to do: no lookup tables, and the fee payer in no instruction at all.
/// </summary>
public sealed class ExactTransfer
{
    /// <summary>Of the priority fee, which we pay: micro-lamports a compute unit (the specification's bound).</summary>
    public const ulong MaxMicroLamports = 5_000_000;

    /// <summary>Of the compute units, which the priority fee is paid for.</summary>
    public const uint MaxComputeUnits = 200_000;

    private const int FewestInstructions = 3;
    private const int MostInstructions = 7;
    private const byte SetLimit = 2;
    private const byte SetPrice = 3;
    private const byte TransferChecked = 12;
    private static readonly PublicKey Lighthouse = new("L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95");

    private static readonly string[] UnknownInstruction =
    [
        "invalid_exact_svm_payload_unknown_fourth_instruction",
        "invalid_exact_svm_payload_unknown_fifth_instruction",
        "invalid_exact_svm_payload_unknown_sixth_instruction",
        "invalid_exact_svm_payload_unknown_seventh_instruction",
    ];

    private ExactTransfer(Transaction transaction, PublicKey source, PublicKey mint, PublicKey destination, PublicKey authority, ulong amount) =>
        (Transaction, Source, Mint, Destination, Authority, Amount) = (transaction, source, mint, destination, authority, amount);

    public Transaction Transaction { get; }

    public PublicKey Source { get; }

    public PublicKey Mint { get; }

    public PublicKey Destination { get; }

    /// <summary>Who signed for the tokens: the payer.</summary>
    public PublicKey Authority { get; }

    /// <summary>Base units.</summary>
    public ulong Amount { get; }

    /// <summary>Everything that can be told without asking the chain.</summary>
    /// <param name="transaction">as it came over the wire</param>
    /// <param name="refusal">the specification's code for the first rule that does not hold; null: all hold</param>
    public static ExactTransfer? Read(ReadOnlySpan<byte> transaction, ExactTerms terms, out string? refusal)
    {
        Transaction read;
        try
        {
            read = Transaction.Deserialize(transaction);
        }
        catch (FormatException)
        {
            refusal = "invalid_exact_svm_payload_transaction_could_not_be_decoded";
            return null;
        }

        refusal = RefuseSigners(read, terms.FeePayer) ?? RefuseBudget(read.Message);
        if (refusal is not null)
        {
            return null;
        }

        if (TransferOf(read) is not { } transfer)
        {
            refusal = "invalid_exact_svm_payload_no_transfer_instruction";
            return null;
        }

        refusal = RefuseTransfer(transfer, terms) ?? RefuseOthers(read.Message, terms.Memo);
        return refusal is null ? transfer : null;
    }

    /// <summary>Everybody but us has signed exactly this, and our key has no part in it but to pay.</summary>
    private static string? RefuseSigners(Transaction transaction, PublicKey feePayer)
    {
        var message = transaction.Message;
        if (message.AddressTableLookups.Count > 0)
        {
            // An account that only the chain can name may be any account, ours too.
            return "invalid_exact_svm_payload_transaction_could_not_be_decoded";
        }

        if (message.AccountKeys[0] != feePayer)
        {
            return "invalid_exact_svm_fee_payer_mismatch";
        }

        var others = message.Signers.Skip(1).ToList();
        if (others.Count == 0 || others.Any(key => transaction.SignatureOf(key) is not { } signature || !key.Verify(transaction.MessageBytes.Span, signature)))
        {
            return "invalid_exact_svm_payload_signature_invalid";
        }

        return null;
    }

    private static string? RefuseBudget(Message message)
    {
        var instructions = message.Instructions;
        if (instructions.Count is < FewestInstructions or > MostInstructions)
        {
            return "invalid_exact_svm_payload_transaction_instructions_length";
        }

        if (message.Programs[0] != ComputeBudgetProgram.ProgramIdKey || instructions[0].Data is not [SetLimit, _, _, _, _])
        {
            return "invalid_exact_svm_payload_transaction_instructions_compute_limit_instruction";
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(instructions[0].Data.AsSpan(1)) > MaxComputeUnits)
        {
            return "invalid_exact_svm_payload_transaction_instructions_compute_limit_instruction_too_high";
        }

        if (message.Programs[1] != ComputeBudgetProgram.ProgramIdKey || instructions[1].Data is not [SetPrice, _, _, _, _, _, _, _, _])
        {
            return "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction";
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(instructions[1].Data.AsSpan(1)) > MaxMicroLamports
            ? "invalid_exact_svm_payload_transaction_instructions_compute_price_instruction_too_high"
            : null;
    }

    /// <summary>The third instruction. Only the classic token program: mints of Token-2022 may charge or call on a transfer.</summary>
    private static ExactTransfer? TransferOf(Transaction transaction)
    {
        var (message, instruction) = (transaction.Message, transaction.Message.Instructions[2]);
        if (message.Programs[2] != TokenProgram.ProgramIdKey || instruction.Data is not [TransferChecked, .., _] || instruction.Data.Length != 10
            || instruction.Accounts is not [var source, var mint, var destination, var authority])
        {
            return null;
        }

        return new ExactTransfer(
            transaction, message.AccountKeys[source], message.AccountKeys[mint], message.AccountKeys[destination], message.AccountKeys[authority],
            BinaryPrimitives.ReadUInt64LittleEndian(instruction.Data.AsSpan(1)));
    }

    private static string? RefuseTransfer(ExactTransfer transfer, ExactTerms terms)
    {
        // In any place of any instruction: a program that is given our signature may use it.
        if (transfer.Transaction.Message.Instructions.Any(i => i.ProgramIdIndex == 0 || i.Accounts.Contains((byte)0)))
        {
            return "invalid_exact_svm_payload_transaction_fee_payer_transferring_funds";
        }

        if (transfer.Mint != terms.Mint)
        {
            return "invalid_exact_svm_payload_mint_mismatch";
        }

        if (transfer.Destination != terms.Destination)
        {
            return "invalid_exact_svm_payload_recipient_mismatch";
        }

        if (transfer.Amount != terms.Amount)
        {
            return "invalid_exact_svm_payload_amount_mismatch";
        }

        // A multisig's or a delegate's transfer would not be what the terms say: the payer's own.
        return terms.Payer is { } payer && (transfer.Authority != payer || transfer.Source != AssociatedTokenAccountProgram.DeriveAssociatedTokenAccount(payer, terms.Mint))
            ? "invalid_exact_svm_payload_payer_mismatch"
            : null;
    }

    private static string? RefuseOthers(Message message, string? memo)
    {
        for (var i = FewestInstructions; i < message.Instructions.Count; i++)
        {
            if (message.Programs[i] != MemoProgram.ProgramIdKey && message.Programs[i] != Lighthouse)
            {
                return UnknownInstruction[i - FewestInstructions];
            }
        }

        if (memo is null)
        {
            return null;
        }

        var memos = message.Instructions.Where((_, i) => i >= FewestInstructions && message.Programs[i] == MemoProgram.ProgramIdKey).ToList();
        if (memos.Count != 1)
        {
            return "invalid_exact_svm_payload_memo_count";
        }

        return memos[0].Data.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(memo)) ? null : "invalid_exact_svm_payload_memo_mismatch";
    }
}
