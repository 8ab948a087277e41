using System.Text;
using System.Text.Json;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.Tests;

public class FacilitatorTests
{
    private static readonly PublicKey Program = new("EY3NCQSk8vrBbeKhqshPVSS1ykFXuZw7pieTwcVhs7PR");

    public static TheoryData<string> VectorNames => [.. Vectors().Select(v => v.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(VectorNames))]
    public void Addresses_and_nonce_are_those_of_the_shared_vectors(string name)
    {
        var v = Vectors().Single(x => x.GetProperty("name").GetString() == name);
        var program = new FacilitatorProgram(Key(v, "program"));
        var intent = Guid.Parse(v.GetProperty("intentId").GetString()!);
        program.ConfigAddress.Key.ShouldBe(v.GetProperty("pdaConfig").GetString());
        program.PaymentAddress(intent).Key.ShouldBe(v.GetProperty("pdaPayment").GetString());
        program.EscrowAddress(intent).Key.ShouldBe(v.GetProperty("pdaEscrow").GetString());
        program.AllowanceAddress(Key(v, "payer")).Key.ShouldBe(v.GetProperty("pdaAllowance").GetString());
        var nonce = IntentNonce.Compute(
            Hex(v, "cluster"), Key(v, "program"), Key(v, "mint"), Key(v, "payer"), Hex(v, "specHash"), v.GetProperty("settleBy").GetInt64(), Hex(v, "saltHex"));
        Convert.ToHexStringLower(nonce).ShouldBe(v.GetProperty("nonceHex").GetString());
    }

    [Fact]
    public void A_deposits_address_is_the_one_of_the_shared_vectors()
    {
        var vectors = Vectors("deposits.json");
        vectors.ShouldNotBeEmpty();
        foreach (var v in vectors)
        {
            var terms = new DepositTerms(
                Key(v, "mint"), Guid.Parse(v.GetProperty("intentId").GetString()!), Guid.Parse(v.GetProperty("jobId").GetString()!), Key(v, "payer"),
                ulong.Parse(v.GetProperty("amount").GetString()!), v.GetProperty("settleBy").GetInt64());
            var program = new FacilitatorProgram(Key(v, "program"));
            Convert.ToHexStringLower(terms.Commitment(Hex(v, "cluster"), program.ProgramIdKey)).ShouldBe(v.GetProperty("commitment").GetString());
            program.DepositAddress(terms, Hex(v, "cluster")).Key.ShouldBe(v.GetProperty("pdaDeposit").GetString());
        }
    }

    [Fact]
    public void The_mints_of_a_Config_are_read_with_their_vaults()
    {
        var data = new WireWriter().Bytes(AnchorDiscriminator.Account("Config"));
        for (byte n = 1; n <= 11; n++)
        {
            data.Key(Numbered(n));
        }

        data.U8(3).I64(60).U8(255).U8(1).Key(Numbered(20)).Key(Numbered(21)).Key(Numbered(22));
        for (var i = 0; i < 6; i++)
        {
            data.Key(PublicKey.Default);
        }

        var config = FacilitatorConfig.Decode(data.ToArray());
        (config.Mint, config.ProtocolVault, config.PlatformVault).ShouldBe((Numbered(4), Numbered(5), Numbered(6)));
        (config.Threshold, config.RefundGrace, config.Paused).ShouldBe(((byte)3, 60L, true));
        config.Others.ShouldBe([new AcceptedMint(Numbered(20), Numbered(21), Numbered(22))]);
        config.Accepted(Numbered(4)).ShouldBe(new AcceptedMint(Numbered(4), Numbered(5), Numbered(6)));
        config.Accepted(Numbered(20)).ShouldBe(config.Others![0]);
        config.Accepted(PublicKey.Default).ShouldBeNull("an empty place is no mint");
        config.Accepted(Numbered(21)).ShouldBeNull();
    }

    [Fact]
    public void What_the_oracles_sign_is_what_the_shared_vectors_say()
    {
        var vectors = Vectors("attestations.json");
        vectors.ShouldNotBeEmpty();
        foreach (var v in vectors)
        {
            var (intent, attempt, until) = (Guid.Parse(v.GetProperty("intentId").GetString()!), v.GetProperty("attempt").GetUInt32(), v.GetProperty("validUntil").GetInt64());
            var proof = new UsageProof(
                intent, attempt, Key(v, "node"), (ProofVerdict)v.GetProperty("verdict").GetByte(), ulong.Parse(v.GetProperty("charge").GetString()!),
                Hex(v, "executionHash"), Hex(v, "logsHash"), until);
            var refund = new RefundOrder(intent, attempt, v.GetProperty("reason").GetByte(), until);
            Convert.ToHexStringLower(proof.Digest(Hex(v, "cluster"), Key(v, "program"))).ShouldBe(v.GetProperty("usageProofDigest").GetString());
            Convert.ToHexStringLower(refund.Digest(Hex(v, "cluster"), Key(v, "program"))).ShouldBe(v.GetProperty("refundDigest").GetString());
        }
    }

    [Fact]
    public void A_payment_account_reads_field_by_field()
    {
        var (intent, job) = (Guid.Parse("550e8400-e29b-41d4-a716-446655440000"), Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"));
        var data = new WireWriter().Bytes(AnchorDiscriminator.Account("PaymentIntent"))
            .Uuid(intent).Uuid(job).Key(Numbered(1)).Key(Numbered(2)).Key(Numbered(3)).U64(100).U8(1).U8(1).U8(254).U8(253).U32(2).Key(Numbered(4))
            .I64(10).I64(11).I64(12).I64(13).I64(14).U64(60).Bytes(Numbered(5).AsSpan()).Bytes(Numbered(6).AsSpan()).ToArray();
        var payment = PaymentIntentAccount.Decode(data);

        data.AsSpan(8, 4).ToArray().ShouldBe(Convert.FromHexString("550e8400"), "network order");
        data[PaymentIntentAccount.StatusOffset].ShouldBe((byte)1);
        payment.IntentId.ShouldBe(intent);
        payment.JobId.ShouldBe(job);
        (payment.Payer, payment.RentPayer, payment.Mint).ShouldBe((Numbered(1), Numbered(2), Numbered(3)));
        (payment.Status, payment.Via, payment.Attempt, payment.AssignedNode).ShouldBe((PaymentStatus.Completed, PaymentVia.Transaction, 2u, Numbered(4)));
        (payment.CreatedAt, payment.ExpiresAt, payment.SettleBy, payment.ClosableAt, payment.VerifiedAt).ShouldBe((10, 11, 12, 13, 14));
        (payment.Amount, payment.Charge).ShouldBe((100ul, 60ul));
        payment.LogsHash.ShouldBe(Numbered(6).KeyBytes);

        Should.Throw<FormatException>(() => PaymentIntentAccount.Decode(data.AsSpan(0, data.Length - 1)));
        Should.Throw<FormatException>(() => FacilitatorConfig.Decode(data));
        PaymentIntentAccount.From(new AccountInfo(1, Numbered(9), false, data), Program).ShouldBeNull("anybody can make such bytes");
    }

    [Fact]
    public void A_hash_of_another_length_never_shifts_the_fields_behind_it()
    {
        var proof = new UsageProof(Guid.Empty, 1, Numbered(1), ProofVerdict.Succeeded, 1, new byte[31], new byte[32], 0);
        Should.Throw<ArgumentException>(() => proof.Digest(new byte[32], Program)).Message.ShouldContain("execution hash");
    }

    [Fact]
    public void A_digest_changes_with_every_field()
    {
        var proof = new UsageProof(Guid.Empty, 1, Numbered(1), ProofVerdict.Succeeded, 1, new byte[32], new byte[32], 0);
        var refund = new RefundOrder(Guid.Empty, 1, 2, 0);
        var cluster = new byte[32];
        byte[][] digests =
        [
            proof.Digest(cluster, Program),
            proof.Digest(Numbered(7).AsSpan(), Program),
            proof.Digest(cluster, Numbered(8)),
            (proof with { IntentId = new Guid(1, 0, 0, new byte[8]) }).Digest(cluster, Program),
            (proof with { Attempt = 2 }).Digest(cluster, Program),
            (proof with { Node = Numbered(2) }).Digest(cluster, Program),
            (proof with { Verdict = ProofVerdict.JobFault }).Digest(cluster, Program),
            (proof with { Charge = 2 }).Digest(cluster, Program),
            (proof with { ExecutionHash = Numbered(3).KeyBytes }).Digest(cluster, Program),
            (proof with { LogsHash = Numbered(3).KeyBytes }).Digest(cluster, Program),
            (proof with { ValidUntil = 1 }).Digest(cluster, Program),
            refund.Digest(cluster, Program),
            (refund with { Attempt = 2 }).Digest(cluster, Program),
            (refund with { Reason = 1 }).Digest(cluster, Program),
            (refund with { ValidUntil = 1 }).Digest(cluster, Program),
        ];
        digests.Select(Convert.ToHexString).Distinct().Count().ShouldBe(digests.Length);
    }

    [Fact]
    public void The_largest_settlement_fits_into_a_transaction()
    {
        var settings = new FacilitatorConfig(
            new byte[32], Numbered(1), Numbered(2), Numbered(3), Numbered(4), Numbered(5), [.. Enumerable.Range(6, 5).Select(n => Numbered((byte)n))], 3, 0, 255);
        var proof = new UsageProof(Guid.Empty, 1, Numbered(20), ProofVerdict.Succeeded, 1, new byte[32], new byte[32], 0);
        using var payer = new Account();
        var instructions = new FacilitatorProgram(Program).SubmitUsageProof(
            proof, settings, Numbered(21), Numbered(22), payer.PublicKey, [.. settings.Oracles.Take(3).Select(o => (o, new byte[64]))]);
        var size = new TransactionBuilder().SetFeePayer(payer.PublicKey).SetRecentBlockHash(Numbered(30).Key)
            .AddInstruction(ComputeBudgetProgram.SetComputeUnitLimit(100_000)).AddInstructions(instructions)
            .Build(payer).Serialize().Length;
        size.ShouldBeLessThanOrEqualTo(Transaction.MaxSize);

        // The payer's account may have to be opened by the transaction that pays into it.
        TransactionInstruction[] opening =
        [
            SystemProgram.Transfer(payer.PublicKey, Numbered(22), 1),
            SystemProgram.AllocateWithSeed(Numbered(22), payer.PublicKey, new string('x', 30), 165, TokenProgram.ProgramIdKey),
            TokenProgram.InitializeAccount(Numbered(22), settings.Mint, Numbered(23)),
        ];
        new TransactionBuilder().SetFeePayer(payer.PublicKey).SetRecentBlockHash(Numbered(30).Key)
            .AddInstructions([.. opening, .. instructions]).Build(payer).Serialize().Length.ShouldBeLessThanOrEqualTo(Transaction.MaxSize);
    }

    [Fact]
    public void Events_are_read_from_the_programs_own_lines_only()
    {
        var assigned = Convert.ToBase64String(new WireWriter().Bytes(AnchorDiscriminator.Event("NodeAssigned")).Uuid(Guid.Empty).U32(3).Key(Numbered(4)).ToArray());
        string[] logs =
        [
            $"Program {MemoProgram.ProgramIdKey} invoke [1]", $"Program data: {assigned}", $"Program {MemoProgram.ProgramIdKey} success",
            $"Program {Program} invoke [1]",
            $"Program {TokenProgram.ProgramIdKey} invoke [2]", $"Program data: {assigned}", $"Program {TokenProgram.ProgramIdKey} success",
            "Program data: AAAA", $"Program log: Program data: {assigned}", $"Program data: {assigned}",
            $"Program {Program} consumed 5 of 10 compute units", $"Program {Program} success",
        ];
        FacilitatorEvent.Read(logs, Program).ShouldBe([new FacilitatorEvent.NodeAssigned(Guid.Empty, 3, Numbered(4))]);
    }

    [Fact]
    public void A_number_is_the_facilitators_error_only_when_the_facilitator_refused()
    {
        var error = new TransactionError("InstructionError", 1, "Custom", 6014);
        ProgramError.Decode(error, null, [Ed25519Program.ProgramIdKey, Program]).AsFacilitatorError(Program).ShouldBe(FacilitatorError.QuorumNotReached);
        ProgramError.Decode(error, null, [Program, MemoProgram.ProgramIdKey]).AsFacilitatorError(Program).ShouldBeNull();
        ProgramError.Decode(error with { CustomCode = 5 }, null, [Program, Program]).AsFacilitatorError(Program).ShouldBeNull();
    }

    [Fact]
    public void A_precompile_that_fails_without_a_log_is_named_by_its_place()
    {
        var error = ProgramError.Decode(new TransactionError("InstructionError", 0, "Custom", 2), [], [Ed25519Program.ProgramIdKey, Program]);
        error.Name.ShouldBe("InvalidSignature");
        error.Program.ShouldBe(Ed25519Program.ProgramIdKey);
    }

    [Fact]
    public void The_innermost_program_is_the_one_that_failed()
    {
        var error = ProgramError.Decode(new TransactionError("InstructionError", 0, "Custom", 1),
        [
            $"Program {Program} invoke [1]", $"Program {TokenProgram.ProgramIdKey} invoke [2]", "Program log: Error: insufficient funds",
            $"Program {TokenProgram.ProgramIdKey} failed: custom program error: 0x1", $"Program {Program} failed: custom program error: 0x1",
        ]);
        error.Program.ShouldBe(TokenProgram.ProgramIdKey);
        error.Name.ShouldBe("InsufficientFunds");
    }

    private static PublicKey Numbered(byte n) => new([.. Enumerable.Repeat(n, 32)]);

    private static PublicKey Key(JsonElement v, string name) => new(v.GetProperty(name).GetString()!);

    private static byte[] Hex(JsonElement v, string name) => Convert.FromHexString(v.GetProperty(name).GetString()!);

    private static List<JsonElement> Vectors(string file = "payment-intents.json") =>
        [.. JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(RepositoryFiles.At("tests/vectors/" + file), Encoding.UTF8)).EnumerateArray()];
}
