using Hypernode.Solana.X402;

namespace Hypernode.Solana.Tests;

/// <summary>Each rule of x402's scheme exact for Solana, by a transaction that breaks it and nothing else.</summary>
public sealed class ExactTransferTests
{
    private static readonly Account Payer = new();
    private static readonly Account FeePayer = new();
    private static readonly Account Stranger = new();
    private static readonly PublicKey Mint = new Account().PublicKey;
    private static readonly PublicKey Lighthouse = new("L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95");
    private static readonly ExactTerms Terms = new(FeePayer.PublicKey, Mint, new Account().PublicKey, 1_000, Payer.PublicKey);
    private static readonly PublicKey Source = AssociatedTokenAccountProgram.DeriveAssociatedTokenAccount(Payer.PublicKey, Mint);
    private static readonly TransactionInstruction Limit = ComputeBudgetProgram.SetComputeUnitLimit(20_000);
    private static readonly TransactionInstruction Price = ComputeBudgetProgram.SetComputeUnitPrice(1);
    private static readonly TransactionInstruction Transfer = TokenProgram.TransferChecked(Source, Terms.Destination, 1_000, 6, Payer.PublicKey, Mint);
    private static readonly TransactionInstruction Memo = MemoProgram.NewMemo("job-1");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_stock_clients_make_is_read(bool version0)
    {
        var bytes = Signed([Limit, Price, Transfer, Memo], version0: version0);
        var read = ExactTransfer.Read(bytes, Terms, out var refusal).ShouldNotBeNull(refusal);
        (read.Source, read.Mint, read.Destination, read.Authority, read.Amount).ShouldBe((Source, Mint, Terms.Destination, Payer.PublicKey, 1_000ul));
        Refusal(Signed([Limit, Price, Transfer])).ShouldBeNull("an older client sends no memo");
        Refusal(Signed([Limit, Price, Transfer, new TransactionInstruction(Lighthouse, [], [0]), Memo])).ShouldBeNull("wallets guard what they sign");
    }

    public static TheoryData<string, IReadOnlyList<TransactionInstruction>> Broken { get; } = new()
    {
        { "transaction_instructions_length", [Limit, MemoProgram.NewMemo("x", Payer.PublicKey)] },
        { "transaction_instructions_length", [Limit, Price, Transfer, Memo, Memo, Memo, Memo, Memo] },
        { "transaction_instructions_compute_limit_instruction", [Price, Limit, Transfer] },
        { "transaction_instructions_compute_limit_instruction", [Limit with { Data = [2, 0, 0, 0] }, Price, Transfer] },
        { "transaction_instructions_compute_limit_instruction", [Limit with { ProgramId = MemoProgram.ProgramIdKey }, Price, Transfer] },
        { "transaction_instructions_compute_limit_instruction_too_high", [ComputeBudgetProgram.SetComputeUnitLimit(200_001), Price, Transfer] },
        { "transaction_instructions_compute_price_instruction", [Limit, Transfer, Price] },
        { "transaction_instructions_compute_price_instruction", [Limit, Price with { Data = [3, 1] }, Transfer] },
        { "transaction_instructions_compute_price_instruction_too_high", [Limit, ComputeBudgetProgram.SetComputeUnitPrice(5_000_001), Transfer] },
        { "no_transfer_instruction", [Limit, Price, Memo, Transfer] },
        { "no_transfer_instruction", [Limit, Price, Transfer with { Data = [3, .. Transfer.Data[1..]] }] },
        { "no_transfer_instruction", [Limit, Price, Transfer with { Data = Transfer.Data[..9] }] },
        { "no_transfer_instruction", [Limit, Price, Transfer with { Data = [.. Transfer.Data, 0] }] },
        { "no_transfer_instruction", [Limit, Price, Transfer with { Keys = [.. Transfer.Keys, AccountMeta.ReadOnly(Payer.PublicKey, isSigner: true)] }] },
        { "no_transfer_instruction", [Limit, Price, Transfer with { ProgramId = new("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb") }] },
        { "transaction_fee_payer_transferring_funds", [Limit, Price, TokenProgram.TransferChecked(Source, Terms.Destination, 1_000, 6, FeePayer.PublicKey, Mint), MemoProgram.NewMemo("x", Payer.PublicKey)] },
        { "transaction_fee_payer_transferring_funds", [Limit, Price, Transfer, MemoProgram.NewMemo("x", FeePayer.PublicKey)] },
        { "transaction_fee_payer_transferring_funds", [Limit, Price, Transfer, new TransactionInstruction(Lighthouse, [AccountMeta.Writable(FeePayer.PublicKey, isSigner: true)], [0])] },
        { "mint_mismatch", [Limit, Price, TokenProgram.TransferChecked(Source, Terms.Destination, 1_000, 6, Payer.PublicKey, Stranger.PublicKey)] },
        { "recipient_mismatch", [Limit, Price, TokenProgram.TransferChecked(Source, Stranger.PublicKey, 1_000, 6, Payer.PublicKey, Mint)] },
        { "recipient_mismatch", [Limit, Price, TokenProgram.TransferChecked(Source, Terms.PayTo, 1_000, 6, Payer.PublicKey, Mint)] },
        { "amount_mismatch", [Limit, Price, TokenProgram.TransferChecked(Source, Terms.Destination, 999, 6, Payer.PublicKey, Mint)] },
        { "amount_mismatch", [Limit, Price, TokenProgram.TransferChecked(Source, Terms.Destination, 1_001, 6, Payer.PublicKey, Mint)] },
        { "payer_mismatch", [Limit, Price, TokenProgram.TransferChecked(Stranger.PublicKey, Terms.Destination, 1_000, 6, Payer.PublicKey, Mint)] },
        { "unknown_fourth_instruction", [Limit, Price, Transfer, Transfer] },
        { "unknown_fourth_instruction", [Limit, Price, Transfer, SystemProgram.Transfer(Payer.PublicKey, Stranger.PublicKey, 1)] },
        { "unknown_fifth_instruction", [Limit, Price, Transfer, Memo, Transfer] },
        { "unknown_sixth_instruction", [Limit, Price, Transfer, Memo, Memo, Transfer] },
        { "unknown_seventh_instruction", [Limit, Price, Transfer, Memo, Memo, Memo, Transfer] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_transaction_that_breaks_a_rule_is_refused_by_its_name(string rule, IReadOnlyList<TransactionInstruction> instructions) =>
        Refusal(Signed(instructions)).ShouldBe($"invalid_exact_svm_payload_{rule}");

    [Fact]
    public void Another_wallets_transfer_is_not_the_payers() =>
        Refusal(Signed([Limit, Price, TokenProgram.TransferChecked(Source, Terms.Destination, 1_000, 6, Stranger.PublicKey, Mint)], signer: Stranger))
            .ShouldBe("invalid_exact_svm_payload_payer_mismatch");

    [Fact]
    public void A_memo_that_was_asked_for_is_there_once_and_says_it()
    {
        var terms = Terms with { Memo = "job-1" };
        Refusal(Signed([Limit, Price, Transfer, Memo]), terms).ShouldBeNull();
        Refusal(Signed([Limit, Price, Transfer]), terms).ShouldBe("invalid_exact_svm_payload_memo_count");
        Refusal(Signed([Limit, Price, Transfer, Memo, Memo]), terms).ShouldBe("invalid_exact_svm_payload_memo_count");
        Refusal(Signed([Limit, Price, Transfer, MemoProgram.NewMemo("job-2")]), terms).ShouldBe("invalid_exact_svm_payload_memo_mismatch");
    }

    [Fact]
    public void Another_fee_payer_than_ours_is_refused()
    {
        Refusal(Signed([Limit, Price, Transfer], feePayer: Stranger)).ShouldBe("invalid_exact_svm_fee_payer_mismatch");
        Refusal(Signed([Limit, Price, Transfer], feePayer: Payer)).ShouldBe("invalid_exact_svm_fee_payer_mismatch");
    }

    [Fact]
    public void Every_signature_but_ours_is_there_and_right()
    {
        var unsigned = new TransactionBuilder().SetFeePayer(FeePayer.PublicKey).SetRecentBlockHash(Stranger.PublicKey.Key).AddInstructions([Limit, Price, Transfer]).BuildPartiallySigned();
        Refusal(unsigned.Serialize()).ShouldBe("invalid_exact_svm_payload_signature_invalid");

        var signed = Signed([Limit, Price, Transfer, Memo]);
        for (var i = 1 + Ed25519.SignatureLength; i < signed.Length; i++)
        {
            var changed = signed.ToArray();
            changed[i] ^= 1;
            Refusal(changed).ShouldNotBeNull($"byte {i}");
        }
    }

    [Fact]
    public void Bytes_that_are_no_transaction_are_refused()
    {
        var signed = Signed([Limit, Price, Transfer]);
        foreach (var bytes in (byte[][])[[], [0], signed[..^1], [.. signed, 0], new byte[2_000]])
        {
            Refusal(bytes).ShouldBe("invalid_exact_svm_payload_transaction_could_not_be_decoded");
        }
    }

    [Fact]
    public void Accounts_that_only_the_chain_can_name_are_refused()
    {
        var table = new AddressLookupTable(Stranger.PublicKey, ulong.MaxValue, 0, 0, null, [Terms.Destination]);
        var transaction = new TransactionBuilder().SetFeePayer(FeePayer.PublicKey).SetRecentBlockHash(Stranger.PublicKey.Key)
            .AddInstructions([Limit, Price, Transfer]).UseVersion0(table).BuildPartiallySigned(Payer);
        transaction.Message.AddressTableLookups.ShouldNotBeEmpty();
        Refusal(transaction.Serialize()).ShouldBe("invalid_exact_svm_payload_transaction_could_not_be_decoded");
    }

    private static string? Refusal(byte[] transaction, ExactTerms? terms = null)
    {
        var read = ExactTransfer.Read(transaction, terms ?? Terms, out var refusal);
        (read is null).ShouldBe(refusal is not null);
        return refusal;
    }

    /// <summary>By whoever is named as a signer, but for our fee payer.</summary>
    private static byte[] Signed(IReadOnlyList<TransactionInstruction> instructions, Account? feePayer = null, Account? signer = null, bool version0 = false)
    {
        var builder = new TransactionBuilder().SetFeePayer((feePayer ?? FeePayer).PublicKey).SetRecentBlockHash(Stranger.PublicKey.Key).AddInstructions(instructions);
        var transaction = (version0 ? builder.UseVersion0() : builder).BuildPartiallySigned();
        var keys = ((Account[])[signer ?? Payer, feePayer ?? Payer]).Where(k => transaction.Message.Signers.Contains(k.PublicKey) && k != FeePayer);
        return transaction.PartialSign(keys.Distinct()).Serialize();
    }
}
