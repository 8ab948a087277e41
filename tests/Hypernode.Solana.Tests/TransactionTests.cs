namespace Hypernode.Solana.Tests;

public class TransactionTests
{
    private const string Blockhash = "GHtXQBsoZHVnNFa9YevAzFr17DJjgHXk3ycTKD5xD3Zi";

    // Made with @solana/web3.js 1.99: createAccount, transfer and an Ed25519 check, signed by seeds 01.. and 02...
    private const string Golden = "02c377a78814f158dbdbdda05ea3a5f41f75fafb4c03ca1044f631b4ca6293c4b4ff1a1484394ae1a2a7cadbc02c0a3d46d688bbe43ebd9bd27fc0833bd43f03"
        + "0cc11854d7812bee66c0216b5ad3ab6361105e8d42ba36d9e4f18c16771fe42fea524d95ccd96df1a645b97d108bec3ba18f8de729e38978f6ca3cc762279034"
        + "0a020002058a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f"
        + "5b8fc9b394ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1000000000000000000000000000000000000000000000000000000"
        + "0000000000037d46d67c93fbbe12f9428f838d40ff0570744927f48a64fcca704480000000e332daf92fabece8b63ff7a44005e5fdfd9afa158756b61c5a95f9"
        + "04b3b8d08103030200013400000000604d160000000000520000000000000006ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a903"
        + "0201020c0200000000f2052a0100000004007901003000ffff1000ffff70000900ffff8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b4"
        + "0f6f5cbd214f69bc89bd00e5d23f5b3380ac02a2e90dbd1223ce484d8c9f844b1b808d3fa55fa8acdd2436584f28ed9130a0f6a27bf999cb4c20364084d29c1a"
        + "7e920e68797065726e6f6465";

    private static Account Key(byte n)
    {
        var seed = new byte[32];
        Array.Fill(seed, n);
        return Account.FromSeed(seed);
    }

    [Fact]
    public void The_bytes_are_those_of_web3_js()
    {
        using var payer = Key(1);
        using var created = Key(2);
        var message = "hypernode"u8;
        var transaction = new TransactionBuilder().SetFeePayer(payer.PublicKey).SetRecentBlockHash(Blockhash)
            .AddInstruction(SystemProgram.CreateAccount(payer.PublicKey, created.PublicKey, 1_461_600, 82, TokenProgram.ProgramIdKey))
            .AddInstruction(SystemProgram.Transfer(created.PublicKey, Key(3).PublicKey, 5_000_000_000))
            .AddInstruction(Ed25519Program.Verify(payer.PublicKey, payer.Sign(message), message))
            .Build(payer, created);

        Convert.ToHexStringLower(transaction.Serialize()).ShouldBe(Golden);
        Transaction.Deserialize(Convert.FromHexString(Golden)).VerifySignatures().ShouldBeTrue();
    }

    [Fact]
    public void Compute_budget_bytes_are_those_of_web3_js()
    {
        Convert.ToHexStringLower(ComputeBudgetProgram.SetComputeUnitLimit(123_456).Data).ShouldBe("0240e20100");
        Convert.ToHexStringLower(ComputeBudgetProgram.SetComputeUnitPrice(77).Data).ShouldBe("034d00000000000000");
    }

    [Fact]
    public void Signatures_over_one_digest_share_its_pointer_and_length()
    {
        using var a = Key(1);
        using var b = Key(2);
        var digest = new byte[32];
        var data = Ed25519Program.Verify([(a.PublicKey, a.Sign(digest)), (b.PublicKey, b.Sign(digest))], digest).Data;
        data[0].ShouldBe((byte)2);
        data.Length.ShouldBe(2 + 2 * (14 + 96) + 32);
        data.AsSpan(2 + 8, 6).ToArray().ShouldBe(data.AsSpan(2 + 14 + 8, 6).ToArray());
        Should.Throw<ArgumentException>(() => Ed25519Program.Verify([], digest));
        Should.Throw<ArgumentException>(() => Ed25519Program.Verify(a.PublicKey, new byte[63], digest));
    }

    [Fact]
    public void Accounts_are_ordered_by_role_and_within_a_role_by_key()
    {
        using var payer = Key(1);
        PublicKey[] k = [.. Enumerable.Range(2, 8).Select(n => Key((byte)n).PublicKey).Order()];
        var program = Key(100).PublicKey;
        var message = new TransactionBuilder().SetFeePayer(payer.PublicKey).SetRecentBlockHash(Blockhash)
            .AddInstruction(new TransactionInstruction(program,
            [
                AccountMeta.ReadOnly(k[7]), AccountMeta.ReadOnly(k[6]), AccountMeta.Writable(k[5]), AccountMeta.Writable(k[4]),
                AccountMeta.ReadOnly(k[3], isSigner: true), AccountMeta.ReadOnly(k[2], isSigner: true),
                AccountMeta.Writable(k[1], isSigner: true), AccountMeta.Writable(k[0], isSigner: true),
            ], [9]))
            .CompileMessage();

        message.Header.ShouldBe(new MessageHeader(5, 2, 3));
        message.AccountKeys.Take(7).ShouldBe([payer.PublicKey, k[0], k[1], k[2], k[3], k[4], k[5]]);
        message.AccountKeys.Skip(7).ShouldBe(new[] { k[6], k[7], program }.Order());
        Enumerable.Range(0, 10).Select(message.IsWritable)
            .ShouldBe([true, true, true, false, false, true, true, false, false, false]);
    }

    [Fact]
    public void An_account_named_twice_gets_the_stronger_of_its_roles()
    {
        using var payer = Key(1);
        var (twice, program) = (Key(2).PublicKey, Key(3).PublicKey);
        var message = new TransactionBuilder().SetFeePayer(payer.PublicKey).SetRecentBlockHash(Blockhash)
            .AddInstruction(new TransactionInstruction(program, [AccountMeta.ReadOnly(twice, isSigner: true)], []))
            .AddInstruction(new TransactionInstruction(program, [AccountMeta.Writable(twice), AccountMeta.ReadOnly(payer.PublicKey)], []))
            .CompileMessage();

        message.AccountKeys.ShouldBe([payer.PublicKey, twice, program]);
        message.Header.ShouldBe(new MessageHeader(2, 0, 1));
    }

    [Fact]
    public void What_is_serialized_reads_back_the_same()
    {
        using var payer = Key(1);
        using var other = Key(2);
        var transaction = Sample(payer, other).Build(payer, other);
        var bytes = transaction.Serialize();
        var read = Transaction.Deserialize(bytes);

        read.Serialize().ShouldBe(bytes);
        read.Signature.ShouldBe(transaction.Signature);
        read.VerifySignatures().ShouldBeTrue();
        read.Message.Programs.ShouldBe([SystemProgram.ProgramIdKey, MemoProgram.ProgramIdKey]);
        read.Message.Instructions[1].Data.Length.ShouldBe(200);
    }

    [Fact]
    public void A_wallet_may_sign_later_and_elsewhere()
    {
        using var payer = Key(1);
        using var wallet = Key(2);
        var half = Sample(payer, wallet).BuildPartiallySigned(payer);
        half.MissingSigners.ShouldBe([wallet.PublicKey]);
        half.VerifySignatures().ShouldBeFalse();

        var received = Transaction.Deserialize(half.Serialize());
        Should.Throw<ArgumentException>(() => received.AddSignature(wallet.PublicKey, new byte[64]));
        received.AddSignature(wallet.PublicKey, wallet.Sign(received.MessageBytes.Span));
        received.VerifySignatures().ShouldBeTrue();
        received.MissingSigners.ShouldBeEmpty();
    }

    [Fact]
    public void A_missing_signer_is_named()
    {
        using var payer = Key(1);
        using var other = Key(2);
        Should.Throw<InvalidOperationException>(() => Sample(payer, other).Build(payer)).Message.ShouldContain(other.PublicKey.Key);
        using var stranger = Key(3);
        Should.Throw<ArgumentException>(() => Sample(payer, other).Build(payer, other, stranger));
    }

    [Fact]
    public void A_transaction_over_1232_bytes_says_so()
    {
        using var payer = Key(1);
        Transaction Of(int memo) => new TransactionBuilder().SetFeePayer(payer.PublicKey).SetRecentBlockHash(Blockhash)
            .AddInstruction(MemoProgram.NewMemo(new string('m', memo))).Build(payer);

        var longest = Transaction.MaxSize - Of(200).Serialize().Length + 200;
        Of(longest).Serialize().Length.ShouldBe(1_232);
        Should.Throw<InvalidOperationException>(() => Of(longest + 1)).Message.ShouldContain("1233 bytes");
    }

    [Fact]
    public void Every_truncation_and_every_extra_byte_is_refused()
    {
        using var payer = Key(1);
        using var other = Key(2);
        var bytes = Sample(payer, other).Build(payer, other).Serialize();
        for (var length = 0; length < bytes.Length; length++)
        {
            Should.Throw<FormatException>(() => Transaction.Deserialize(bytes.AsSpan(0, length)));
        }

        Should.Throw<FormatException>(() => Transaction.Deserialize([.. bytes, 0]));
    }

    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7f")]
    [InlineData(128, "8001")]
    [InlineData(16383, "ff7f")]
    [InlineData(16384, "808001")]
    [InlineData(65535, "ffff03")]
    public void Lengths_are_short_vecs(int value, string hex)
    {
        List<byte> bytes = [];
        CompactU16.Write(bytes, value);
        Convert.ToHexStringLower([.. bytes]).ShouldBe(hex);
        ReadOnlySpan<byte> source = [.. bytes];
        CompactU16.Read(ref source).ShouldBe(value);
        source.IsEmpty.ShouldBeTrue();
    }

    [Theory]
    [InlineData("80")]
    [InlineData("8000")]
    [InlineData("ffff04")]
    [InlineData("80808001")]
    public void Lengths_with_a_second_spelling_are_refused(string hex) => Should.Throw<FormatException>(() =>
    {
        ReadOnlySpan<byte> source = Convert.FromHexString(hex);
        CompactU16.Read(ref source);
    });

    private static TransactionBuilder Sample(Account payer, Account other) => new TransactionBuilder()
        .SetFeePayer(payer.PublicKey)
        .SetRecentBlockHash(Blockhash)
        .AddInstruction(SystemProgram.Transfer(other.PublicKey, payer.PublicKey, 1))
        .AddInstruction(MemoProgram.NewMemo(new string('x', 200), other.PublicKey));
}
