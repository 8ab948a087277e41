using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Solana.Rpc.Adapters;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana;

/// <summary>A Solana node over HTTP.</summary>
public sealed class RpcClient : IRpcClient
{
    private const int AccountsAtOnce = 100;

    private readonly RpcTransport transport;

    private readonly StatusGatherer? statuses;
    private readonly SharedQuestion<ulong>? finalizedHeight;

    /// <param name="http">its base address and timeout are not used</param>
    public RpcClient(HttpClient http, Uri endpoint, RpcClientOptions? options = null, TimeProvider? time = null, ILogger<RpcClient>? log = null)
    {
        var (use, clock) = (options ?? new RpcClientOptions(), time ?? TimeProvider.System);
        transport = new RpcTransport(http, endpoint, use, clock, log ?? NullLogger<RpcClient>.Instance);
        if (use.GatherStatuses > TimeSpan.Zero)
        {
            statuses = new StatusGatherer((signatures, history) => AskStatusesAsync(signatures, history, CancellationToken.None), use.GatherStatuses, clock);
            // An answer to somebody who asked earlier may be of a lower height, which expires nothing too early.
            finalizedHeight = new SharedQuestion<ulong>(() => AskBlockHeightAsync(Commitment.Finalized, CancellationToken.None));
        }
    }

    public Task<LatestBlockHash> GetLatestBlockHashAsync(Commitment commitment, CancellationToken cancellation) =>
        ReadAsync("getLatestBlockhash", [Config(commitment)], r => new LatestBlockHash(
            Value(r).GetProperty("blockhash").GetString()!,
            Value(r).GetProperty("lastValidBlockHeight").GetUInt64(),
            Slot(r)), cancellation);

    public async Task<string> SendTransactionAsync(ReadOnlyMemory<byte> transaction, bool skipPreflight, Commitment preflightCommitment, CancellationToken cancellation)
    {
        var config = new JsonObject
        {
            ["encoding"] = "base64",
            ["skipPreflight"] = skipPreflight,
            ["preflightCommitment"] = Name(preflightCommitment),
        };
        var result = await transport.CallAsync(
            "sendTransaction",
            [Convert.ToBase64String(transaction.Span), config],
            data => DescribeFailure(data, transaction),
            cancellation);
        return Shape("sendTransaction", result, r => r.GetString()!);
    }

    public Task<SimulationResult> SimulateTransactionAsync(ReadOnlyMemory<byte> transaction, bool verifySignatures, bool replaceRecentBlockhash, Commitment commitment, CancellationToken cancellation)
    {
        var config = Config(commitment);
        config["encoding"] = "base64";
        config["sigVerify"] = verifySignatures;
        config["replaceRecentBlockhash"] = replaceRecentBlockhash;
        return ReadAsync("simulateTransaction", [Convert.ToBase64String(transaction.Span), config], r =>
        {
            var value = Value(r);
            var failure = DescribeFailure(value, transaction);
            var returned = value.TryGetProperty("returnData", out var data) && data.ValueKind == JsonValueKind.Object
                ? data.GetProperty("data")[0].GetBytesFromBase64()
                : null;
            var units = value.TryGetProperty("unitsConsumed", out var u) && u.ValueKind == JsonValueKind.Number ? u.GetUInt64() : 0;
            return new SimulationResult(failure.Error, failure.Program, failure.Logs ?? [], units, returned);
        }, cancellation);
    }

    public Task<SignatureStatuses> GetSignatureStatusesAsync(IReadOnlyList<string> signatures, bool searchTransactionHistory, CancellationToken cancellation) =>
        statuses is not null && signatures.Count == 1
            ? statuses.AskAsync(signatures[0], searchTransactionHistory, cancellation)
            : AskStatusesAsync(signatures, searchTransactionHistory, cancellation);

    private Task<SignatureStatuses> AskStatusesAsync(IReadOnlyList<string> signatures, bool searchTransactionHistory, CancellationToken cancellation) =>
        ReadAsync(
            "getSignatureStatuses",
            [Array(signatures), new JsonObject { ["searchTransactionHistory"] = searchTransactionHistory }],
            r =>
            {
                var read = Value(r).EnumerateArray().Select(ReadStatus).ToList();
                return read.Count == signatures.Count ? new SignatureStatuses(Slot(r), read) : throw new FormatException("another number of statuses");
            },
            cancellation);

    public Task<AccountInfo?> GetAccountInfoAsync(PublicKey account, Commitment commitment, CancellationToken cancellation) =>
        ReadAsync("getAccountInfo", [account.Key, DataConfig(commitment)], r => ReadAccount(Value(r)), cancellation);

    public async Task<IReadOnlyList<AccountInfo?>> GetMultipleAccountsAsync(IReadOnlyList<PublicKey> accounts, Commitment commitment, CancellationToken cancellation)
    {
        List<AccountInfo?> all = [];
        foreach (var some in accounts.Chunk(AccountsAtOnce))
        {
            all.AddRange(await ReadAsync(
                "getMultipleAccounts",
                [Array(some.Select(a => a.Key)), DataConfig(commitment)],
                r =>
                {
                    var read = Value(r).EnumerateArray().Select(ReadAccount).ToList();
                    return read.Count == some.Length ? read : throw new FormatException("another number of accounts");
                },
                cancellation));
        }

        return all;
    }

    public Task<ulong> GetBalanceAsync(PublicKey account, Commitment commitment, CancellationToken cancellation) =>
        ReadAsync("getBalance", [account.Key, Config(commitment)], r => Value(r).GetUInt64(), cancellation);

    public Task<TokenBalance> GetTokenAccountBalanceAsync(PublicKey tokenAccount, Commitment commitment, CancellationToken cancellation) =>
        ReadAsync("getTokenAccountBalance", [tokenAccount.Key, Config(commitment)], r => new TokenBalance(
            ulong.Parse(Value(r).GetProperty("amount").GetString()!),
            Value(r).GetProperty("decimals").GetByte()), cancellation);

    public Task<ulong> GetBlockHeightAsync(Commitment commitment, CancellationToken cancellation) =>
        finalizedHeight is not null && commitment == Commitment.Finalized ? finalizedHeight.AskAsync(cancellation) : AskBlockHeightAsync(commitment, cancellation);

    private Task<ulong> AskBlockHeightAsync(Commitment commitment, CancellationToken cancellation) =>
        ReadAsync("getBlockHeight", [Config(commitment)], r => r.GetUInt64(), cancellation);

    public Task<ulong> GetSlotAsync(Commitment commitment, CancellationToken cancellation) =>
        ReadAsync("getSlot", [Config(commitment)], r => r.GetUInt64(), cancellation);

    public Task<string> GetGenesisHashAsync(CancellationToken cancellation) =>
        ReadAsync("getGenesisHash", [], r => r.GetString()!, cancellation);

    public Task<ulong> GetMinimumBalanceForRentExemptionAsync(ulong dataLength, CancellationToken cancellation) =>
        ReadAsync("getMinimumBalanceForRentExemption", [dataLength], r => r.GetUInt64(), cancellation);

    public async Task<string> RequestAirdropAsync(PublicKey account, ulong lamports, CancellationToken cancellation) =>
        // Not a read: asking twice gives twice.
        Shape("requestAirdrop", await transport.CallAsync("requestAirdrop", [account.Key, lamports], null, cancellation), r => r.GetString()!);

    public Task<IReadOnlyList<ProgramAccount>> GetProgramAccountsAsync(PublicKey program, IReadOnlyList<AccountFilter>? filters, Commitment commitment, CancellationToken cancellation)
    {
        var config = DataConfig(commitment);
        config["filters"] = new JsonArray([.. (filters ?? []).Select(Filter)]);
        return ReadAsync<IReadOnlyList<ProgramAccount>>("getProgramAccounts", [program.Key, config], r =>
            [.. r.EnumerateArray().Select(a => new ProgramAccount(
                new PublicKey(a.GetProperty("pubkey").GetString()!),
                ReadAccount(a.GetProperty("account")) ?? throw new FormatException("an account without content")))], cancellation);
    }

    public Task<IReadOnlyList<AddressSignature>> GetSignaturesForAddressAsync(PublicKey account, int limit, Commitment commitment, CancellationToken cancellation)
    {
        var config = Config(commitment);
        config["limit"] = limit;
        return ReadAsync<IReadOnlyList<AddressSignature>>("getSignaturesForAddress", [account.Key, config], r =>
            [.. r.EnumerateArray().Select(s => new AddressSignature(
                s.GetProperty("signature").GetString()!,
                s.GetProperty("slot").GetUInt64(),
                TransactionError.Parse(s.GetProperty("err"))))], cancellation);
    }

    public Task<IReadOnlyList<ulong>> GetRecentPrioritizationFeesAsync(IReadOnlyList<PublicKey> writable, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<ulong>>("getRecentPrioritizationFees", [Array(writable.Select(a => a.Key))], r =>
            [.. r.EnumerateArray().Select(f => f.GetProperty("prioritizationFee").GetUInt64())], cancellation);

    public Task<TransactionInfo?> GetTransactionAsync(string signature, Commitment commitment, CancellationToken cancellation)
    {
        var config = Config(commitment);
        config["encoding"] = "base64";
        config["maxSupportedTransactionVersion"] = 0;
        return ReadAsync("getTransaction", [signature, config], ReadTransaction, cancellation);
    }

    private async Task<T> ReadAsync<T>(string method, JsonArray parameters, Func<JsonElement, T> read, CancellationToken cancellation) =>
        Shape(method, await transport.ReadAsync(method, parameters, cancellation), read);

    // An answer of an unknown shape is as good as none.
    private static T Shape<T>(string method, JsonElement result, Func<JsonElement, T> read)
    {
        try
        {
            return read(result);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException or OverflowException or IndexOutOfRangeException or ArgumentNullException)
        {
            throw new RpcTransportException(method, "an answer of an unknown shape", e);
        }
    }

    private static RpcTransport.Failure DescribeFailure(JsonElement data, ReadOnlyMemory<byte> transaction)
    {
        var error = data.TryGetProperty("err", out var err) ? TransactionError.Parse(err) : null;
        var logs = Logs(data, "logs");
        if (error is null)
        {
            return new RpcTransport.Failure(null, null, logs);
        }

        IReadOnlyList<PublicKey>? programs = null;
        try
        {
            programs = Transaction.Deserialize(transaction.Span).Message.Programs;
        }
        catch (FormatException)
        {
            // The node was sent something that is no transaction; the error stands without the names.
        }

        return new RpcTransport.Failure(error, ProgramError.Decode(error, logs, programs), logs);
    }

    private static SignatureStatus? ReadStatus(JsonElement status)
    {
        if (status.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        // Without the name (old nodes), no confirmations left to count means rooted.
        var commitment = status.TryGetProperty("confirmationStatus", out var name) && name.ValueKind == JsonValueKind.String
            ? name.GetString() switch { "finalized" => Commitment.Finalized, "confirmed" => Commitment.Confirmed, _ => Commitment.Processed }
            : status.GetProperty("confirmations").ValueKind == JsonValueKind.Null ? Commitment.Finalized : Commitment.Processed;
        return new SignatureStatus(status.GetProperty("slot").GetUInt64(), commitment, TransactionError.Parse(status.GetProperty("err")));
    }

    private static AccountInfo? ReadAccount(JsonElement account) => account.ValueKind == JsonValueKind.Null
        ? null
        : new AccountInfo(
            account.GetProperty("lamports").GetUInt64(),
            new PublicKey(account.GetProperty("owner").GetString()!),
            account.GetProperty("executable").GetBoolean(),
            account.GetProperty("data")[0].GetBytesFromBase64());

    private static TransactionInfo? ReadTransaction(JsonElement result)
    {
        if (result.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        var meta = result.GetProperty("meta");
        return new TransactionInfo(
            result.GetProperty("slot").GetUInt64(),
            result.TryGetProperty("blockTime", out var at) && at.ValueKind == JsonValueKind.Number ? at.GetInt64() : null,
            TransactionError.Parse(meta.GetProperty("err")),
            meta.GetProperty("fee").GetUInt64(),
            Logs(meta, "logMessages"),
            result.GetProperty("transaction")[0].GetBytesFromBase64());
    }

    private static List<string> Logs(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var logs) && logs.ValueKind == JsonValueKind.Array
            ? [.. logs.EnumerateArray().Select(l => l.GetString() ?? "")]
            : [];

    private static JsonElement Value(JsonElement result) => result.GetProperty("value");

    private static ulong Slot(JsonElement result) => result.GetProperty("context").GetProperty("slot").GetUInt64();

    private static JsonObject Config(Commitment commitment) => new() { ["commitment"] = Name(commitment) };

    private static JsonObject DataConfig(Commitment commitment)
    {
        var config = Config(commitment);
        config["encoding"] = "base64";
        return config;
    }

    private static JsonArray Array(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);

    private static JsonObject Filter(AccountFilter filter) => filter switch
    {
        AccountFilter.DataSize size => new JsonObject { ["dataSize"] = size.Bytes },
        AccountFilter.Memcmp memcmp => new JsonObject
        {
            ["memcmp"] = new JsonObject
            {
                ["offset"] = memcmp.Offset,
                ["bytes"] = Convert.ToBase64String(memcmp.Bytes),
                ["encoding"] = "base64",
            },
        },
        _ => throw new ArgumentOutOfRangeException(nameof(filter)),
    };

    private static string Name(Commitment commitment) => commitment switch
    {
        Commitment.Processed => "processed",
        Commitment.Confirmed => "confirmed",
        _ => "finalized",
    };
}
