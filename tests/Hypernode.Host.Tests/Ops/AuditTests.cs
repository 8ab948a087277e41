using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Ops;
using Microsoft.Extensions.DependencyInjection;

namespace Hypernode.Host.Tests.Ops;

/// <summary>An audit that finds nothing proves nothing unless it finds what was planted: a violation of each invariant, by hand.</summary>
[Trait("Needs", "postgres")]
public sealed class AuditTests(SoundBooks sound) : IClassFixture<SoundBooks>, IAsyncLifetime
{
    private readonly SimulatedChainFacts _chain = sound.Chain.Copy();
    private TestDatabase _database = null!;

    public static TheoryData<string, string, string> Planted => new()
    {
        { "I1", "paid", "alter table jobs drop constraint jobs_check; update jobs set refund = refund - 1 where job_id = '{0}'" },
        { "I1", "paid", "alter table jobs drop constraint jobs_check; update jobs set node_share = node_share + 1 where job_id = '{0}'" },
        { "I1", "paid", "update jobs set charge = null, node_share = null, protocol_fee = null, platform_fee = null, refund = null where job_id = '{0}'" },
        { "I2", "paid", "insert into job_transitions select job_id, version, step + 1, 'Refunded', at, cause, attempt from job_transitions where job_id = '{0}' and state = 'Paid'" },
        { "I3", "paid", "update jobs set attempt = 2 where job_id = '{0}'" },
        { "I3", "paid", "delete from leases where job_id = '{0}'" },
        { "I3", "paid", "update nodes set user_id = (select user_id from jobs where job_id = '{0}') where node_id = (select node_id from leases where job_id = '{0}')" },
        { "I4", "paid", "delete from job_transitions where job_id = '{0}' and state = 'Verified'" },
        { "I4", "paid", "delete from receipts where job_id = '{0}'" },
        { "I4", "paid", "update receipts set receipt_hash = 'other' where job_id = '{0}'" },
        { "I4", "paid", "update jobs set outcome = 'NodeFault' where job_id = '{0}'" },
        { "I5", "refunded", "update job_transitions set cause = 'NodeSilent' where job_id = '{0}' and state = 'Refunding'" },
        { "I5", "refunded", "update jobs set outcome = 'Expired' where job_id = '{0}'" },
        { "I5", "refunded", "update jobs set outcome = 'AttemptsUsedUp' where job_id = '{0}'" },
        { "I6", "paid", "alter table payment_intents drop constraint payment_intents_client_nonce_key; update payment_intents set (client, nonce) = (select client, nonce from payment_intents where job_id = '{0}')" },
        { "I7", "assigned", "delete from timers where job_id = '{0}'; delete from outbox where job_id = '{0}'" },
        { "I8", "assigned", "insert into outbox (message_id, destination, type, body, job_id, created_at) values (gen_random_uuid(), 'q', 't', '{{}}', 'job-00000000-0000-4000-8000-000000000000', now())" },
        { "I8", "assigned", "update jobs set version = 1 where job_id = '{0}'" },
        { "I10", "paid", "update leases set live = true where job_id = '{0}'" },
        { "I10", "assigned", "update leases set live = false where job_id = '{0}'" },
        { "I10", "assigned", "drop index leases_one_live_per_slot; insert into leases select job_id, 9, node_id, slot, challenge, rate_per_second, true, taken_at from leases where job_id = '{0}'" },
        { "I11", "paid", "insert into job_transitions select job_id, version + 1, 1, 'Matching', at, 'NodeSilent', 2 from job_transitions where job_id = '{0}' and state = 'Paid'" },
        { "I11", "paid", "insert into timers values ('{0}', 'Step', now(), 9, 't', '{{}}')" },
        { "I11", "paid", "update jobs set completed_at = null where job_id = '{0}'" },
        { "I12", "paid", "update payment_intents set amount = amount + 1 where job_id = '{0}'" },
        { "I12", "assigned", "update jobs set settle_by = settle_by + 1 where job_id = '{0}'" },
    };

    private Dictionary<string, JobId> Jobs => sound.Jobs;

    public async Task InitializeAsync() => _database = await TestDatabase.CreateAsync(sound.Template);

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task Sound_books_hold_and_each_invariant_says_how_much_was_checked()
    {
        var report = await AuditAsync();

        report.Invariants.SelectMany(l => l.Offending.Select(o => $"{l.Invariant} {o.Id}: {o.Detail}")).ShouldBeEmpty();
        report.Holds.ShouldBeTrue();
        report.Jobs.ShouldBe(3);
        report.Moving.ShouldBeEmpty();
        report.Invariants.Select(l => l.Invariant).ShouldBe([.. Enumerable.Range(1, 12).Select(i => $"I{i}")]);
        report.Invariants.ShouldAllBe(l => l.Verdict == AuditVerdict.Holds && l.Checked > 0);
    }

    [Theory]
    [MemberData(nameof(Planted))]
    public async Task A_row_that_was_broken_by_hand_is_found_by_its_invariant_and_its_job(string invariant, string which, string sql)
    {
        await _database.ExecuteAsync(string.Format(sql, Jobs[which]));

        var line = (await AuditAsync()).Invariants.Single(l => l.Invariant == invariant);

        line.Verdict.ShouldBe(AuditVerdict.Violated);
        line.Offending.ShouldContain(o => o.Id.Contains(sql.Contains("gen_random_uuid") ? "job-00000000" : Jobs[which].ToString()), line.ToString());
    }

    [Theory]
    [InlineData("I1", "paid")]
    [InlineData("I1", "assigned")]
    [InlineData("I2", "paid")]
    [InlineData("I3", "assigned")]
    [InlineData("I4", "assigned")]
    [InlineData("I5", "assigned")]
    [InlineData("I12", "paid")]
    public async Task What_the_chain_says_otherwise_is_found(string invariant, string which)
    {
        var (intent, facts) = _chain.Payments.Single(p => p.Value.Payment!.JobId == Jobs[which]);
        var payment = facts.Payment!;
        _chain.Payments[intent] = (invariant, which) switch
        {
            ("I1", "paid") => facts with { Held = 1 },
            ("I1", _) => facts with { Held = 999_999 },
            ("I2", _) => facts with { Payment = payment with { Charge = new HyperAmount(6_001) } },
            ("I3", _) => facts with { Payment = payment with { Attempt = 2 } },
            ("I4", _) => new(payment with { Status = EscrowStatus.Completed }, 0),
            ("I5", _) => new(payment with { Status = EscrowStatus.Refunded }, 0),
            _ => facts with { Payment = payment with { Amount = new HyperAmount(7) } },
        };

        (await AuditAsync()).Invariants.Single(l => l.Invariant == invariant).Offending.ShouldContain(o => o.Id == Jobs[which].ToString());
    }

    [Fact]
    public async Task A_payment_that_the_chain_has_not_is_found_until_its_tombstone_may_be_closed()
    {
        _chain.Payments.Remove(_chain.Payments.Single(p => p.Value.Payment!.JobId == Jobs["paid"]).Key);
        (await AuditAsync()).Invariants.Single(l => l.Invariant == "I2").Offending.ShouldHaveSingleItem().Id.ShouldBe(Jobs["paid"].ToString());

        var later = await AuditAsync(new At(DateTimeOffset.UtcNow.AddDays(1)));
        later.Invariants.Single(l => l.Invariant == "I2").Verdict.ShouldBe(AuditVerdict.Holds);
        later.Forgotten.ShouldBe(1);
    }

    /// <summary>It happens when an RPC lies (F24), and the expiry sweep gives the tokens back: only what it left is an offence.</summary>
    [Fact]
    public async Task A_rejected_jobs_late_lock_is_an_offence_once_the_sweep_had_its_time()
    {
        var books = new Books(_database);
        var rejected = await books.RejectedAsync();
        foreach (var (intent, facts) in books.Chain.Payments)
        {
            _chain.Payments[intent] = facts;
        }

        (await AuditAsync()).Holds.ShouldBeTrue();
        (await AuditAsync(new At(DateTimeOffset.UtcNow.AddDays(1)))).Invariants.Single(l => l.Invariant == "I5").Offending.ShouldHaveSingleItem().Id.ShouldBe(rejected.ToString());
    }

    [Fact]
    public async Task Tokens_that_are_locked_for_nobody_s_job_are_found()
    {
        var stranger = _chain.Payments.Values.First().Payment! with { IntentId = new IntentId(Guid.NewGuid()), JobId = new JobId(Guid.NewGuid()), Status = EscrowStatus.Pending };
        _chain.Strangers.Add(stranger);

        (await AuditAsync()).Invariants.Single(l => l.Invariant == "I8").Offending.ShouldHaveSingleItem().Id.ShouldBe(stranger.JobId.ToString());
    }

    [Theory]
    [InlineData("held")]
    [InlineData("pending")]
    [InlineData("twice")]
    [InlineData("too much")]
    public async Task A_slash_that_its_incidents_do_not_explain_is_found(string planted)
    {
        var node = _chain.Stakes[0];
        _chain.Stakes[0] = planted switch
        {
            "held" => node with { Held = 99 },
            "pending" => node with { PendingSlash = 11 },
            "twice" => node with { SlashedTotal = 40 },
            _ => node with { Stake = 5, Held = 5 },
        };

        (await AuditAsync()).Invariants.Single(l => l.Invariant == "I9").Offending.ShouldContain(o => o.Id == node.NodeId.ToString());
    }

    [Fact]
    public async Task Without_the_chain_nothing_of_it_passes_for_checked()
    {
        var report = await new InvariantAudit(_database.Services.GetRequiredService<IAuditReader>(), null, new WorkflowWindows(), TimeProvider.System).RunAsync(CancellationToken.None);

        report.Invariants.Single(l => l.Invariant == "I9").Verdict.ShouldBe(AuditVerdict.NotChecked);
        report.Invariants.Single(l => l.Invariant == "I2").NotRecomputable!.ShouldContain("not asked");
        report.Holds.ShouldBeTrue();
    }

    /// <summary>The chain is ahead of the row that was read: by the second look the row has come along.</summary>
    [Fact]
    public async Task A_job_that_moves_while_it_is_looked_at_is_no_offence()
    {
        var book = await new Books(_database).BeginAsync(matched: false);
        _chain.Payments[book.Intent] = new(book.OnChain(EscrowStatus.Refunded, HyperAmount.Zero), 0);
        var asked = 0;
        _chain.OnAsked = () => ++asked == 1 ? book.MoveAsync(1, "CancelRequested", JobStateNames.Refunding) : Task.CompletedTask;

        (await AuditAsync()).Holds.ShouldBeTrue();
        asked.ShouldBe(2);
    }

    private Task<AuditReport> AuditAsync(TimeProvider? time = null) =>
        new InvariantAudit(_database.Services.GetRequiredService<IAuditReader>(), _chain, new WorkflowWindows(), time ?? TimeProvider.System, TimeSpan.FromMilliseconds(5)).RunAsync(CancellationToken.None);
}

/// <summary>A clock that stands; what waits by it waits as long as the real one says.</summary>
internal sealed class At(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}

/// <summary>One job of each kind in a database that each test copies, and the chain that agrees with them.</summary>
public sealed class SoundBooks : IAsyncLifetime
{
    private TestDatabase _database = null!;

    internal string Template => _database.Name;

    internal Dictionary<string, JobId> Jobs { get; } = [];

    internal SimulatedChainFacts Chain { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        var books = new Books(_database);
        (Jobs["paid"], Jobs["refunded"], Jobs["assigned"]) = (await books.PaidAsync(), await books.RefundedAsync(), await books.AssignedAsync());
        Chain = books.Chain;
        await _database.CloseAsync();
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();
}
