using System.Text.Json;
using Hypernode.Solana.Tests.Localnet;

namespace Hypernode.Solana.Tests;

public class VersionedTransactionTests
{
    private const string Blockhash = "GHtXQBsoZHVnNFa9YevAzFr17DJjgHXk3ycTKD5xD3Zi";

    private static readonly IReadOnlyList<Vector> Vectors = JsonSerializer.Deserialize<IReadOnlyList<Vector>>(
        File.ReadAllText(RepositoryFiles.At("tests/vectors/versioned-transactions.json")), JsonSerializerOptions.Web)!;

    public static TheoryData<string> Names => [.. Vectors.Select(v => v.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_web3_js_wrote_is_read_and_written_back(string name)
    {
        var vector = Vectors.Single(v => v.Name == name);
        var bytes = Convert.FromHexString(vector.Transaction);
        var read = Transaction.Deserialize(bytes);

        read.Serialize().ShouldBe(bytes);
        read.VerifySignatures().ShouldBeTrue();
        read.Message.Version.ShouldBe(vector.Version == "v0" ? MessageVersion.V0 : MessageVersion.Legacy);
        var accounts = read.Message.ResolveAccounts(vector.DecodedTables);
        accounts.Select(a => a.Key).ShouldBe(vector.Accounts);
        Enumerable.Range(0, accounts.Count).Select(read.Message.IsWritable).ShouldBe(vector.Writable);
        Describe(read.Message, accounts).ShouldBe(vector.Described);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_we_compile_says_the_same_in_as_many_bytes(string name)
    {
        var vector = Vectors.Single(v => v.Name == name);
        var signers = vector.Signers.Select(s => Account.FromSeed(Convert.FromHexString(s))).ToList();
        var builder = new TransactionBuilder().SetFeePayer(signers[0].PublicKey).SetRecentBlockHash(Blockhash).AddInstructions(vector.Instructions.Select(i => i.ToInstruction()));
        if (vector.Version == "v0")
        {
            builder.UseVersion0(vector.DecodedTables);
        }

        var transaction = builder.Build(signers);
        var accounts = transaction.Message.ResolveAccounts(vector.DecodedTables);
        accounts.Select(a => a.Key).ShouldBe(vector.Accounts, ignoreOrder: true);
        Describe(transaction.Message, accounts).ShouldBe(vector.Described);
        transaction.Serialize().Length.ShouldBe(vector.Transaction.Length / 2);
        transaction.VerifySignatures().ShouldBeTrue();
    }

    [Fact]
    public void Every_truncation_and_every_extra_byte_of_a_v0_one_is_refused()
    {
        var bytes = Convert.FromHexString(Vectors.Single(v => v.Name.StartsWith("two tables", StringComparison.Ordinal)).Transaction);
        for (var length = 0; length < bytes.Length; length++)
        {
            Should.Throw<FormatException>(() => Transaction.Deserialize(bytes.AsSpan(0, length)));
        }

        Should.Throw<FormatException>(() => Transaction.Deserialize([.. bytes, 0]));
    }

    [Fact]
    public void A_version_that_nobody_knows_is_named()
    {
        var bytes = Convert.FromHexString(Vectors[0].Transaction);
        bytes[1 + 64] = 0x81;
        Should.Throw<FormatException>(() => Transaction.Deserialize(bytes)).Message.ShouldContain("version 1");
    }

    [Fact]
    public void A_table_is_read_with_its_authority_and_what_is_new_in_it_waits_a_slot()
    {
        var table = Vectors.Single(v => v.Name.StartsWith("one table", StringComparison.Ordinal)).DecodedTables[0] with { LastExtendedSlot = 7, LastExtendedStart = 2 };
        (table.IsActive, table.Addresses.Count, table.Authority).ShouldBe((true, 4, Account.FromSeed([.. Enumerable.Repeat((byte)1, 32)]).PublicKey));
        table.UsableAt(7).Addresses.Count.ShouldBe(2);
        table.UsableAt(8).Addresses.Count.ShouldBe(4);
        Vectors.Single(v => v.Name.StartsWith("a table of which nothing", StringComparison.Ordinal)).DecodedTables[1].Authority.ShouldBeNull();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(55)]
    [InlineData(57)]
    [InlineData(56 + 257 * 32)]
    public void Bytes_that_are_no_table_are_refused(int length) =>
        Should.Throw<FormatException>(() => AddressLookupTable.Decode(TokenProgram.ProgramIdKey, new byte[length]));

    [Fact]
    public void Another_programs_account_is_no_table() =>
        AddressLookupTable.From(TokenProgram.ProgramIdKey, new AccountInfo(1, TokenProgram.ProgramIdKey, false, new byte[56])).ShouldBeNull();

    [Fact]
    public void A_table_that_is_being_closed_is_refused()
    {
        var vector = Vectors.Single(v => v.Name.StartsWith("one table", StringComparison.Ordinal));
        using var payer = Account.FromSeed(Convert.FromHexString(vector.Signers[0]));
        var builder = new TransactionBuilder().SetFeePayer(payer.PublicKey).SetRecentBlockHash(Blockhash).AddInstructions(vector.Instructions.Select(i => i.ToInstruction()));
        Should.Throw<ArgumentException>(() => builder.UseVersion0(vector.DecodedTables[0] with { DeactivationSlot = 9 }).CompileMessage()).Message.ShouldContain("being closed");
        Should.Throw<ArgumentException>(() => builder.UseVersion0(vector.DecodedTables).CompileMessage().ResolveAccounts([])).Message.ShouldContain("missing");
    }

    private static IReadOnlyList<string> Describe(Message message, IReadOnlyList<PublicKey> accounts) =>
    [
        .. message.Instructions.Select(i =>
            $"{accounts[i.ProgramIdIndex]} {string.Join(' ', i.Accounts.Select(a => $"{accounts[a]}{(a < message.Header.RequiredSignatures ? "s" : "")}"))} {Convert.ToHexStringLower(i.Data)}"),
    ];

    private sealed record Vector(
        string Name, string Version, IReadOnlyList<string> Signers, IReadOnlyList<Table> Tables, IReadOnlyList<Call> Instructions,
        IReadOnlyList<string> Accounts, IReadOnlyList<bool> Writable, string Transaction)
    {
        public IReadOnlyList<AddressLookupTable> DecodedTables => [.. Tables.Select(t => AddressLookupTable.Decode(new PublicKey(t.Key), Convert.FromBase64String(t.Data)))];

        public IReadOnlyList<string> Described
        {
            get
            {
                var signers = Instructions.SelectMany(i => i.Accounts).Where(a => a.Signer).Select(a => a.Key).ToHashSet();
                return [.. Instructions.Select(i => $"{i.Program} {string.Join(' ', i.Accounts.Select(a => $"{a.Key}{(signers.Contains(a.Key) ? "s" : "")}"))} {i.Data}")];
            }
        }
    }

    private sealed record Table(string Key, string Data);

    private sealed record Call(string Program, IReadOnlyList<Role> Accounts, string Data)
    {
        public TransactionInstruction ToInstruction() => new(
            new PublicKey(Program), [.. Accounts.Select(a => new AccountMeta(new PublicKey(a.Key), a.Signer, a.Writable))], Convert.FromHexString(Data));
    }

    private sealed record Role(string Key, bool Signer, bool Writable);
}

[Collection(LocalnetCollection.Name)]
[Trait("Needs", "localnet")]
public class VersionedTransactionStories(LocalnetFixture localnet)
{
    [Fact]
    public async Task A_transfer_through_a_table_happens()
    {
        using var payer = await localnet.FundedAsync();
        using var receiver = new Account();
        var slot = await localnet.Rpc.GetSlotAsync(Commitment.Finalized);
        var (create, address) = AddressLookupTableProgram.Create(payer.PublicKey, payer.PublicKey, slot);
        (await localnet.Sender.SendAsync([create, AddressLookupTableProgram.Extend(address, payer.PublicKey, payer.PublicKey, [receiver.PublicKey])], payer)).ShouldHaveHappened();
        AddressLookupTable? table = null;
        await Eventually.Async(
            async () => (table = await AddressLookupTableProgram.GetAsync(localnet.Rpc, address)) is { Addresses.Count: 1 }, "the table can be used");

        var blockhash = await localnet.Rpc.GetLatestBlockHashAsync();
        var transaction = new TransactionBuilder().SetFeePayer(payer.PublicKey).SetRecentBlockHash(blockhash.Blockhash).UseVersion0(table!)
            .AddInstruction(ComputeBudgetProgram.SetComputeUnitLimit(50_000))
            .AddInstruction(ComputeBudgetProgram.SetComputeUnitPrice(1_000))
            .AddInstruction(SystemProgram.Transfer(payer.PublicKey, receiver.PublicKey, 2_000_000))
            .Build(payer);
        transaction.Message.AccountKeys.ShouldNotContain(receiver.PublicKey);
        (await localnet.Sender.SendAsync(transaction, blockhash.LastValidBlockHeight)).ShouldHaveHappened();
        (await localnet.Rpc.GetBalanceAsync(receiver.PublicKey)).ShouldBe(2_000_000ul);

        var found = (await localnet.Rpc.GetTransactionAsync(transaction.Signature)).ShouldNotBeNull();
        Transaction.Deserialize(found.Raw).Message.Version.ShouldBe(MessageVersion.V0);
        found.Fee.ShouldBe(5_000ul + 50, "50,000 units at 1,000 micro-lamports");
        (await localnet.Rpc.GetRecentPrioritizationFeesAsync([payer.PublicKey])).ShouldNotBeEmpty();
        (await AddressLookupTableProgram.GetAsync(localnet.Rpc, receiver.PublicKey)).ShouldBeNull();
    }

    [Fact]
    public async Task A_v0_one_that_fails_is_decoded_like_any_other()
    {
        using var payer = await localnet.FundedAsync();
        using var receiver = new Account();
        var blockhash = await localnet.Rpc.GetLatestBlockHashAsync();
        var transaction = new TransactionBuilder().SetFeePayer(payer.PublicKey).SetRecentBlockHash(blockhash.Blockhash).UseVersion0()
            .AddInstruction(SystemProgram.Transfer(payer.PublicKey, receiver.PublicKey, 2_000_000_000_000)).Build(payer);
        (await localnet.Sender.SendAsync(transaction, blockhash.LastValidBlockHeight)).ShouldHaveFailed().Name.ShouldBe("ResultWithNegativeLamports");
    }
}
