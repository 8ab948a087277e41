using System.Collections.Concurrent;
using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests.Fakes;

/// <summary>A chain that only says what it is told; signatures are checked for real.</summary>
public sealed class FakeEscrow : IEscrow
{
    public Deployment Deployment { get; set; } = new(
        "localnet",
        Hash256.Of("cluster"u8),
        WalletAddress.FromBytes(Hash256.Of("program"u8).ToBytes()),
        WalletAddress.FromBytes(Hash256.Of("mint"u8).ToBytes()));

    private const string Blockhash = "GHtXQBsoZHVnNFa9YevAzFr17DJjgHXk3ycTKD5xD3Zi";

    public bool IsDown { get; set; }

    public int Writes { get; private set; }

    public ConcurrentDictionary<IntentId, EscrowView> Payments { get; } = new();

    public Task<EscrowAnswer> LockAsync(LockEscrow command, CancellationToken cancellationToken) => Write();

    public Task<EscrowAnswer> AssignAsync(AssignNode command, CancellationToken cancellationToken) => Write();

    public Task<EscrowAnswer> SettleAsync(SettlePayment command, CancellationToken cancellationToken) => Write();

    public Task<EscrowAnswer> RefundAsync(RefundPayment command, CancellationToken cancellationToken) => Write();

    public Task<EscrowView?> FindAsync(IntentId intent, CancellationToken cancellationToken) =>
        IsDown ? throw new IOException("the chain is away") : Task.FromResult(Payments.GetValueOrDefault(intent));

    public Task<PayerFunds> FundsOfAsync(WalletAddress payer, CancellationToken cancellationToken) =>
        Task.FromResult(new PayerFunds(HyperAmount.Zero, HyperAmount.Zero));

    public Task<IReadOnlyList<EscrowView>> OpenPastAsync(long settleBy, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EscrowView>>([]);

    /// <summary>Room for the payer's signature, and what it signs: not a real transaction, but one that only its payer can sign.</summary>
    public Task<WalletTransaction> PrepareTransactionAsync(PaymentIntent intent, long settleBy, CancellationToken cancellationToken) =>
        IsDown ? throw new IOException("the chain is away") : Task.FromResult(new WalletTransaction([.. new byte[64], .. MessageOf(intent, settleBy)], 150));

    public PayerSignature? ReadTransaction(PaymentIntent intent, long settleBy, ReadOnlySpan<byte> signed)
    {
        var signature = new PayerSignature(Base58.Encode(signed[..Math.Min(64, signed.Length)]), Blockhash);
        return signed.Length > 64 && signed[64..].SequenceEqual(MessageOf(intent, settleBy)) && IsAgreed(intent, settleBy, signature) ? signature : null;
    }

    public bool IsAgreed(PaymentIntent intent, long settleBy, PayerSignature signature) => Verify(
        intent.Client,
        signature.Blockhash is null ? Encoding.UTF8.GetBytes(intent.ToSigningText()) : MessageOf(intent, settleBy),
        signature.Value);

    public bool Verify(WalletAddress signer, ReadOnlySpan<byte> message, string signatureBase58) =>
        TestWallet.Verify(signer, message, signatureBase58);

    private static byte[] MessageOf(PaymentIntent intent, long settleBy) => Encoding.UTF8.GetBytes($"{intent.ToSigningText()}\n{settleBy}\n{Blockhash}");

    /// <summary>The API never moves money.</summary>
    private Task<EscrowAnswer> Write()
    {
        Writes++;
        throw new InvalidOperationException("the API must not write to the chain");
    }
}

public sealed class FakeWallets : IWalletDirectory
{
    public ConcurrentDictionary<string, (WalletAddress Wallet, DateTimeOffset ExpiresAt)> Challenges { get; } = new(StringComparer.Ordinal);

    public ConcurrentBag<WalletAddress> SignedIn { get; } = [];

    public Task AddChallengeAsync(string challenge, WalletAddress wallet, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        Challenges[challenge] = (wallet, expiresAt);
        return Task.CompletedTask;
    }

    public Task<bool> TakeChallengeAsync(string challenge, WalletAddress wallet, DateTimeOffset now, CancellationToken cancellationToken) =>
        Task.FromResult(
            Challenges.TryGetValue(challenge, out var kept)
            && kept.Wallet == wallet
            && kept.ExpiresAt > now
            && Challenges.TryRemove(challenge, out _));

    public Task SignedInAsync(WalletAddress wallet, DateTimeOffset at, CancellationToken cancellationToken)
    {
        SignedIn.Add(wallet);
        return Task.CompletedTask;
    }
}

public sealed class FakeBlobs : IBlobStore
{
    private readonly TaskCompletionSource _storing = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the first file has begun to come in.</summary>
    public Task Storing => _storing.Task;

    public ConcurrentDictionary<Hash256, byte[]> All { get; } = new();

    public Hash256 Add(byte[] content)
    {
        var hash = Hash256.Of(content);
        All[hash] = content;
        return hash;
    }

    public async Task<(Hash256 Sha256, long Bytes)> PutAsync(Stream content, long maxBytes, CancellationToken cancellationToken)
    {
        _storing.TrySetResult();
        using var buffer = new MemoryStream();
        await content.CopyToAsync(buffer, cancellationToken);
        return buffer.Length > maxBytes ? throw new InvalidDataException("too large") : (Add(buffer.ToArray()), buffer.Length);
    }

    public Task<Stream?> OpenAsync(Hash256 sha256, CancellationToken cancellationToken) =>
        Task.FromResult<Stream?>(All.TryGetValue(sha256, out var content) ? new MemoryStream(content, writable: false) : null);
}

public sealed class FakeEvidence : IEvidence
{
    private readonly Lock _gate = new();
    private readonly List<StoredChunk> _chunks = [];

    public ConcurrentDictionary<(JobId, int), StoredReceipt> Receipts { get; } = new();

    public Task AddLogsAsync(IReadOnlyList<LogChunk> chunks, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _chunks.AddRange(chunks.Select(c => new StoredChunk(c, receivedAt)));
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<StoredChunk>> ReadLogsAsync(JobId job, (int Attempt, long Seq) after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<StoredChunk>>([.. _chunks
                .Where(c => c.Chunk.JobId == job && (c.Chunk.Attempt, c.Chunk.Seq).CompareTo(after) > 0)
                .OrderBy(c => (c.Chunk.Attempt, c.Chunk.Seq))
                .Take(limit)]);
        }
    }

    public Task<bool> AddReceiptAsync(Receipt receipt, string signature, DateTimeOffset receivedAt, CancellationToken cancellationToken) =>
        Task.FromResult(Receipts.TryAdd((receipt.JobId, receipt.Attempt), new StoredReceipt(receipt, signature, receivedAt)));

    public Task<StoredReceipt?> FindReceiptAsync(JobId job, int attempt, CancellationToken cancellationToken) =>
        Task.FromResult(Receipts.GetValueOrDefault((job, attempt)));
}

public sealed class FakeNodes : INodeDirectory, INodeCommandSender
{
    public ConcurrentDictionary<NodeId, NodeView> All { get; } = new();

    public ConcurrentBag<NodeId> Queues { get; } = [];

    /// <summary>Thrown at whoever looks for a node.</summary>
    public Exception? Away { get; set; }

    public Task<bool> RegisterAsync(NodeRegistration registration, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (All.TryGetValue(registration.NodeId, out var known) && (known.NodeKey, known.Authority) != (registration.NodeKey, registration.Authority))
        {
            return Task.FromResult(false);
        }

        All[registration.NodeId] = new NodeView(
            registration.NodeId, registration.NodeKey, registration.Authority, registration.Hostname, NodeStatus.Active, registration.Offer, 0, 0, default, at, null);
        return Task.FromResult(true);
    }

    public Task<NodeView?> FindAsync(NodeId id, CancellationToken cancellationToken) =>
        Away is null ? Task.FromResult(All.GetValueOrDefault(id)) : throw Away;

    public Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<NodeView>>([.. All.Values]);

    public Task<bool> SetStatusAsync(NodeId id, NodeStatus from, NodeStatus to, CancellationToken cancellationToken) =>
        Task.FromResult(All[id] is var node && node.Status == from && All.TryUpdate(id, node with { Status = to }, node));

    public ConcurrentDictionary<(JobId, int), LeaseView> Leases { get; } = new();

    public Task<LeaseView?> FindLeaseAsync(JobId job, int attempt, CancellationToken cancellationToken) =>
        Task.FromResult(Leases.GetValueOrDefault((job, attempt)));

    public Task<IReadOnlyList<LeaseView>> LiveLeasesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RecordBeatsAsync(IReadOnlyList<ReceivedBeat> beats, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task EnsureQueueAsync(NodeId node, CancellationToken cancellationToken)
    {
        Queues.Add(node);
        return Task.CompletedTask;
    }

    public Task SendAsync(NodeId node, Guid messageId, NodeCommand command, CancellationToken cancellationToken) => throw new NotSupportedException();
}

public sealed class FakeMessages : IMessageSender
{
    public ConcurrentQueue<object> Sent { get; } = new();

    public Task SendAsync(object message, CancellationToken cancellationToken)
    {
        Sent.Enqueue(message);
        return Task.CompletedTask;
    }
}

public sealed class FakeStorage : IStorageWatch
{
    public StorageHealth Current { get; set; } = new(StorageCondition.Ok, "", TimeSpan.Zero);
}
