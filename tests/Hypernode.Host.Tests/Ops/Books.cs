using System.Security.Cryptography;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Host.Tests.Messaging;
using Microsoft.Extensions.DependencyInjection;

namespace Hypernode.Host.Tests.Ops;

/// <summary>Jobs in a real database, as the engine would have left them, and the simulated chain that agrees with them.</summary>
internal sealed class Books(TestDatabase database)
{
    public SimulatedChainFacts Chain { get; } = new();

    private ISagaJournal Journal => database.Services.GetRequiredService<ISagaJournal>();

    /// <summary>Paid 6,000 of 1,000,000 for attempt 1.</summary>
    public async Task<JobId> PaidAsync()
    {
        var book = await BeginAsync();
        await book.MoveAsync(1, "JobStarted", JobStateNames.Executing);
        await book.MoveAsync(1, "JobExecuted", JobStateNames.Executed);
        await database.ExecuteAsync(
            $"insert into receipts (job_id, attempt, node_id, receipt_hash, body, signature, received_at) values ('{book.Job}', 1, '{book.Node}', '{book.Receipt}', '{{}}', 's', now())");
        book.Lease = book.Slot(take: false);
        await book.MoveAsync(1, "ResultVerified: Succeeded", JobStateNames.Verified, JobStateNames.SettlementPending);
        var split = FeeSplit.Of(new HyperAmount(6_000));
        book.Settlement = new(new HyperAmount(6_000), split.NodeShare, split.ProtocolFee, split.PlatformFee, new HyperAmount(994_000));
        book.Outcome = nameof(Verdict.Succeeded);
        await book.MoveAsync(1, "PaymentSettled", JobStateNames.Paid);
        await QuietAsync(book.Job);
        Chain.Payments[book.Intent] = new(book.OnChain(EscrowStatus.Completed, new HyperAmount(6_000)), 0);
        return book.Job;
    }

    /// <summary>Cancelled while a node was looked for.</summary>
    public async Task<JobId> RefundedAsync()
    {
        var book = await BeginAsync(matched: false);
        await book.MoveAsync(1, "CancelRequested", JobStateNames.Refunding);
        book.Settlement = new(HyperAmount.Zero, HyperAmount.Zero, HyperAmount.Zero, HyperAmount.Zero, new HyperAmount(1_000_000));
        book.Outcome = nameof(RefundReason.Cancelled);
        await book.MoveAsync(1, "PaymentRefunded", JobStateNames.Refunded);
        await QuietAsync(book.Job);
        Chain.Payments[book.Intent] = new(book.OnChain(EscrowStatus.Refunded, HyperAmount.Zero), 0);
        return book.Job;
    }

    /// <summary>A node has it, and was asked to run it.</summary>
    public async Task<JobId> AssignedAsync()
    {
        var book = await BeginAsync();
        Chain.Payments[book.Intent] = new(book.OnChain(EscrowStatus.Pending, HyperAmount.Zero), 1_000_000);
        return book.Job;
    }

    /// <summary>The chain refused the lock, and a second one under way has landed all the same.</summary>
    public async Task<JobId> RejectedAsync()
    {
        var book = await BeginAsync(locked: false);
        book.Outcome = "insufficient-funds";
        await book.MoveAsync(0, "EscrowLockFailed: insufficient-funds", JobStateNames.Rejected);
        await QuietAsync(book.Job);
        Chain.Payments[book.Intent] = new(book.OnChain(EscrowStatus.Pending, HyperAmount.Zero) with { Attempt = 0 }, 1_000_000);
        return book.Job;
    }

    /// <summary>Up to Assigned (or Matching), attempt 1, with a timer armed.</summary>
    public async Task<Book> BeginAsync(bool matched = true, bool locked = true)
    {
        var submission = Submissions.New();
        (await database.Services.GetRequiredService<IJobIntake>().SubmitAsync(submission, CancellationToken.None)).ShouldBe(IntakeResult.Accepted);
        var node = Registration();
        (await database.Services.GetRequiredService<INodeDirectory>().RegisterAsync(node, DateTimeOffset.UtcNow, CancellationToken.None)).ShouldBeTrue();
        var book = new Book(Journal, submission, node);
        await book.MoveAsync(0, "JobSubmitted", JobStateNames.Submitted);
        await book.MoveAsync(0, "IntentVerified", JobStateNames.IntentVerified, JobStateNames.EscrowPending);
        if (!locked)
        {
            return book;
        }

        await book.MoveAsync(1, "EscrowLocked", JobStateNames.Matching);
        if (matched)
        {
            book.Lease = book.Slot(take: true);
            await book.MoveAsync(1, "NodeMatched", JobStateNames.Assigned);
        }

        return book;
    }

    private Task QuietAsync(JobId job) => database.ExecuteAsync($"delete from timers where job_id = '{job}'; delete from outbox where job_id = '{job}'");

    private static NodeRegistration Registration() => new(
        new NodeId(Guid.NewGuid()), NewWallet(), NewWallet(), "gpu-1.example", new NodeOffer(2, 4_000, 8_192, new HyperAmount(1_500), [], []), DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    private static WalletAddress NewWallet() => WalletAddress.FromBytes(RandomNumberGenerator.GetBytes(32));

    /// <summary>One job's way through the journal.</summary>
    internal sealed class Book(ISagaJournal journal, JobSubmission submission, NodeRegistration node)
    {
        private int _version;

        public JobId Job => submission.Intent.JobId;

        public IntentId Intent => submission.Intent.IntentId;

        public NodeId Node => node.NodeId;

        public Hash256 Receipt { get; } = Hash256.FromBytes(RandomNumberGenerator.GetBytes(32));

        public LeaseChange? Lease { get; set; }

        public Settlement? Settlement { get; set; }

        public string? Outcome { get; set; }

        public async Task MoveAsync(int attempt, string cause, params string[] states)
        {
            var row = new JobRow(
                Job, states[^1], _version++, "{}", [.. states.Select(s => new StateEntered(s, cause, attempt))], attempt, attempt == 0 ? null : Node, Outcome,
                null, null, null, null, Settlement, []);
            var timer = new TimerChange(Job, TimerKind.Step, DateTimeOffset.UtcNow.AddHours(1), 1, typeof(StepOverdue).FullName!, "{}");
            var answer = await journal.CommitAsync([new SagaCommit(Guid.NewGuid(), [], DateTimeOffset.UtcNow, row, [], [timer], Lease)], [], CancellationToken.None);
            answer.ShouldBe([CommitResult.Committed]);
            Lease = null;
        }

        public LeaseChange Slot(bool take) => new(Job, take, 1, Node, 0, Hash256.Zero.ToString(), new HyperAmount(1_500));

        public EscrowView OnChain(EscrowStatus status, HyperAmount charge) => new(
            Intent, Job, submission.Intent.Client, submission.Intent.Client, submission.Intent.Amount, status, status == EscrowStatus.Refunded ? 0 : 1, node.Authority,
            submission.SettleBy, charge, Receipt, Hash256.Zero, null);
    }
}

/// <summary>What a chain would say: simulated, and the tests change it behind everybody's back.</summary>
internal sealed class SimulatedChainFacts : IChainFacts
{
    public Dictionary<IntentId, PaymentFacts> Payments { get; } = [];

    public List<EscrowView> Strangers { get; } = [];

    public List<StakeFacts> Stakes { get; } = [new(new NodeId(Guid.NewGuid()), 100, 0, 100, 10, 1, 20, [new(Guid.NewGuid(), 10, IncidentState.Pending), new(Guid.NewGuid(), 20, IncidentState.Executed)])];

    public SimulatedChainFacts Copy()
    {
        var copy = new SimulatedChainFacts();
        foreach (var (intent, facts) in Payments)
        {
            copy.Payments[intent] = facts;
        }

        return copy;
    }

    /// <summary>Before the answer to each question for payments.</summary>
    public Func<Task> OnAsked { get; set; } = () => Task.CompletedTask;

    public async Task<IReadOnlyList<PaymentFacts>> PaymentsAsync(IReadOnlyList<IntentId> intents, CancellationToken cancellationToken)
    {
        await OnAsked();
        return [.. intents.Select(i => Payments.GetValueOrDefault(i) ?? new PaymentFacts(null, 0))];
    }

    public Task<IReadOnlyList<EscrowView>> OpenAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<EscrowView>>(
        [.. Payments.Values.Select(p => p.Payment!).Where(p => p.Status == EscrowStatus.Pending), .. Strangers]);

    public Task<IReadOnlyList<StakeFacts>> StakesAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<StakeFacts>>([.. Stakes]);
}
