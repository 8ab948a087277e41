using System.Text.Json;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Contracts.Topology;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteJobIntakeTests(SqliteFixture storage) : JobIntakeTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresJobIntakeTests(PostgresFixture storage) : JobIntakeTests(storage), IClassFixture<PostgresFixture>;

public abstract class JobIntakeTests(StorageFixture storage)
{
    private readonly IJobIntake _intake = storage.Get<IJobIntake>();
    private readonly IJobReader _reader = storage.Get<IJobReader>();

    [Fact]
    public async Task An_accepted_submission_is_stored_whole_and_handed_to_the_dispatcher()
    {
        var submission = Submission();
        (await _intake.SubmitAsync(submission, None)).ShouldBe(IntakeResult.Accepted);

        var (id, client) = (submission.Intent.JobId, submission.Intent.Client);
        var view = (await _reader.FindAsync(id, None))!;
        view.Intent.ShouldBe(submission.Intent);
        view.Spec.Hash().ShouldBe(submission.SpecHash);
        (view.State, view.Owner, view.IntentSignature, view.SpecHash, view.SettleBy, view.Salt, view.CreatedAt)
            .ShouldBe(("Submitted", client, submission.Signature, submission.SpecHash, submission.SettleBy, submission.Salt, submission.At));
        (await _reader.HistoryAsync(id, None)).ShouldBe([new JobTransition("Submitted", submission.At, "accepted", 0)]);

        var message = storage.Dispatched.Messages.Single(m => m.JobId == id);
        (message.Destination, message.Type).ShouldBe((Queues.JobSaga, typeof(JobSubmitted).FullName!));
        JsonSerializer.Deserialize<JobSubmitted>(message.Body, ContractJson.Options)!.Intent.ShouldBe(submission.Intent);
        (await storage.CountAsync("outbox", $"message_id = '{message.MessageId:D}'")).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_submission_again_is_repeated_and_sends_nothing_more()
    {
        var submission = Submission();
        await _intake.SubmitAsync(submission, None);
        (await _intake.SubmitAsync(submission with { At = Now.AddMinutes(1) }, None)).ShouldBe(IntakeResult.Repeated);
        storage.Dispatched.Messages.Count(m => m.JobId == submission.Intent.JobId).ShouldBe(1);
        (await storage.CountAsync("outbox", $"job_id = '{submission.Intent.JobId}'")).ShouldBe(1);
    }

    [Theory]
    [InlineData("nonce", IntakeResult.NonceUsed)]
    [InlineData("intent", IntakeResult.IntentUsed)]
    [InlineData("job", IntakeResult.JobUsed)]
    [InlineData("signature", IntakeResult.NonceUsed)]
    [InlineData("spec", IntakeResult.NonceUsed)]
    public async Task Another_submission_with_a_used_key_is_refused_by_its_name(string same, IntakeResult expected)
    {
        var first = Submission();
        await _intake.SubmitAsync(first, None);
        var fresh = Submission(first.Intent.Client);
        var second = same switch
        {
            "nonce" => fresh with { Intent = fresh.Intent with { Nonce = first.Intent.Nonce } },
            "intent" => fresh with { Intent = fresh.Intent with { IntentId = first.Intent.IntentId } },
            "job" => fresh with { Intent = fresh.Intent with { JobId = first.Intent.JobId } },
            "signature" => first with { Signature = fresh.Signature },
            _ => first with { SpecHash = fresh.SpecHash },
        };
        (await _intake.SubmitAsync(second, None)).ShouldBe(expected);
        (await storage.CountAsync("payment_intents", $"client = '{first.Intent.Client}'")).ShouldBe(1);
        (await storage.CountAsync("jobs", $"job_id = '{fresh.Intent.JobId}'")).ShouldBe(0);
    }

    [Fact]
    public async Task Two_wallets_may_use_the_same_nonce()
    {
        var (first, second) = (Submission(), Submission());
        await _intake.SubmitAsync(first, None);
        (await _intake.SubmitAsync(second with { Intent = second.Intent with { Nonce = first.Intent.Nonce } }, None)).ShouldBe(IntakeResult.Accepted);
    }

    [Fact]
    public async Task A_refused_stranger_leaves_no_user_behind()
    {
        var first = Submission();
        await _intake.SubmitAsync(first, None);
        var stranger = Submission();
        (await _intake.SubmitAsync(stranger with { Intent = stranger.Intent with { IntentId = first.Intent.IntentId } }, None)).ShouldBe(IntakeResult.IntentUsed);
        (await storage.CountAsync("users", $"wallet_address = '{stranger.Intent.Client}'")).ShouldBe(0);
    }

    [Fact]
    public async Task Of_twenty_parallel_submissions_of_one_nonce_one_is_accepted()
    {
        var client = NewWallet();
        var nonce = NewHash();
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() =>
        {
            var submission = Submission(client);
            return _intake.SubmitAsync(submission with { Intent = submission.Intent with { Nonce = nonce } }, None);
        })));
        results.Count(r => r == IntakeResult.Accepted).ShouldBe(1);
        results.Count(r => r == IntakeResult.NonceUsed).ShouldBe(19);
        (await storage.CountAsync("payment_intents", $"client = '{client}'")).ShouldBe(1);
    }

    [Fact]
    public async Task Of_twenty_parallel_equal_submissions_one_is_accepted_and_the_rest_repeated()
    {
        var submission = Submission();
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => _intake.SubmitAsync(submission, None))));
        results.Count(r => r == IntakeResult.Accepted).ShouldBe(1);
        results.Count(r => r == IntakeResult.Repeated).ShouldBe(19);
        storage.Dispatched.Messages.Count(m => m.JobId == submission.Intent.JobId).ShouldBe(1);
    }

    [Fact]
    public async Task A_dispatcher_that_fails_leaves_the_row_to_the_relay()
    {
        storage.Dispatched.Fails = true;
        try
        {
            var submission = Submission();
            (await _intake.SubmitAsync(submission, None)).ShouldBe(IntakeResult.Accepted);
            (await storage.CountAsync("outbox", $"job_id = '{submission.Intent.JobId}'")).ShouldBe(1);
        }
        finally
        {
            storage.Dispatched.Fails = false;
        }
    }

    [Fact]
    public async Task A_first_message_that_is_lost_is_sent_again_by_its_timer()
    {
        var job = await AJobAsync(storage);
        var lost = storage.Dispatched.Messages.Single(m => m.JobId == job);
        await storage.Get<IOutbox>().RemoveAsync([lost.MessageId], None);

        (await DueAsync(job, Now.AddSeconds(59))).ShouldBeEmpty();
        var again = (await DueAsync(job, Now.AddSeconds(61))).ShouldHaveSingleItem();
        (again.Destination, again.Type, again.Body).ShouldBe((Queues.JobSaga, typeof(JobSubmitted).FullName!, lost.Body));
    }

    [Fact]
    public async Task The_saga_s_first_step_replaces_the_first_message_s_timer()
    {
        var job = await AJobAsync(storage);
        var first = Commit(Row(job, 0, JobStateNames.Submitted)) with { Timers = [Timer(job, TimerKind.Step, Now.AddSeconds(90))] };
        (await storage.Get<ISagaJournal>().CommitAsync(first)).ShouldBe(CommitResult.Committed);

        (await storage.CountAsync("timers", $"job_id = '{job}'")).ShouldBe(1);
        (await DueAsync(job, Now.AddSeconds(89))).ShouldBeEmpty();
        (await DueAsync(job, Now.AddSeconds(90))).ShouldHaveSingleItem().Type.ShouldBe("Some.Timeout");
    }

    [Fact]
    public async Task A_description_with_a_NUL_is_no_trouble()
    {
        var submission = Submission();
        var spec = submission.Spec with { Description = "a\0b" };
        (await _intake.SubmitAsync(submission with { Spec = spec, SpecHash = spec.Hash() }, None)).ShouldBe(IntakeResult.Accepted);
        (await _reader.FindByIntentAsync(submission.Intent.IntentId, None))!.Spec.Description.ShouldBe("a\0b");
    }

    [Fact]
    public async Task An_unknown_job_or_intent_is_not_found()
    {
        (await _reader.FindAsync(NewJobId(), None)).ShouldBeNull();
        (await _reader.FindByIntentAsync(new IntentId(NewId()), None)).ShouldBeNull();
    }

    /// <summary>This job's; the other tests' jobs have timers of their own.</summary>
    private async Task<List<OutboxMessage>> DueAsync(JobId job, DateTimeOffset at) =>
        [.. (await storage.Get<IOutbox>().TakeDueTimersAsync(at, at.AddYears(1), 1_000, None)).Where(m => m.JobId == job)];

    [Fact]
    public async Task A_deposit_is_stored_with_its_job_and_one_transfer_pays_for_one_job()
    {
        var paid = Deposited(amount: 777);
        (await _intake.SubmitAsync(paid, None)).ShouldBe(IntakeResult.Accepted);
        (await _intake.SubmitAsync(paid, None)).ShouldBe(IntakeResult.Repeated);
        (await _reader.FindAsync(paid.Intent.JobId, None))!.IntentSignature.ShouldBe(paid.Signature);
        (await storage.CountAsync("jobs", $"job_id = '{paid.Intent.JobId}' and payment_amount = 777 and payment_mint = '{paid.Mint}'")).ShouldBe(1);
        (await storage.CountAsync("deposits", $"job_id = '{paid.Intent.JobId}' and transfer = '{paid.Signature.Deposit!.TransferHash()}'")).ShouldBe(1);

        // Its address commits to the intent, so no honest check lets it through: the key holds all the same.
        var other = Submission() with { Signature = paid.Signature, Mint = paid.Mint };
        try
        {
            (await _intake.SubmitAsync(other, None)).ShouldBe(IntakeResult.IntentUsed);
        }
        catch (IOException)
        {
            // Nothing in the way can be named.
        }

        (await storage.CountAsync("jobs", $"job_id = '{other.Intent.JobId}'")).ShouldBe(0);
    }

    [Fact]
    public async Task The_book_lists_deposits_that_can_not_become_a_payment_any_more_page_by_page()
    {
        var book = storage.Get<IDepositBook>();
        var deposits = new[] { Deposited(1), Deposited(2), Deposited(3) };
        foreach (var (d, i) in deposits.Select((d, i) => (d, i)))
        {
            (await _intake.SubmitAsync(deposits[i] = d with { SettleBy = 100 + i }, None)).ShouldBe(IntakeResult.Accepted);
        }

        var now = DateTimeOffset.FromUnixTimeSeconds(101);
        var due = await book.SpentAsync(100, now, null, 10, None);
        due.Select(d => (d.JobId, d.Amount.BaseUnits, d.Mint)).ShouldBe(deposits.Take(2).Select(d => (d.Intent.JobId, d.Signature.Deposit!.Amount.BaseUnits, d.Mint!.Value)));
        (await book.SpentAsync(100, now, null, 1, None)).Single().ShouldBe(due[0]);
        (await book.SpentAsync(100, now, due[0], 10, None)).Single().ShouldBe(due[1]);
        (await book.SpentAsync(101, now, null, 10, None)).Single().ShouldBe(due[1]);
    }

    [Fact]
    public async Task Openings_are_counted_for_each_payer_and_for_all_and_end_with_their_job_or_their_time()
    {
        var book = storage.Get<IDepositBook>();
        var now = DateTimeOffset.FromUnixTimeSeconds(9_000_000_000);
        DepositTerms Opening(JobSubmission of, long settleBy = 9_000_000_100) =>
            new(of.Signature.Deposit!.Mint, of.Intent.IntentId, of.Intent.JobId, of.Intent.Client, of.Signature.Deposit.Amount, settleBy);
        var first = Deposited(1);
        var second = Deposited(1);
        second = second with { Intent = second.Intent with { Client = first.Intent.Client } };
        (await book.NoteOpeningAsync(Opening(first), now, 1, 100, None)).ShouldBeTrue();
        (await book.NoteOpeningAsync(Opening(first), now, 1, 100, None)).ShouldBeTrue("it is there");
        (await book.NoteOpeningAsync(Opening(second), now, 1, 100, None)).ShouldBeFalse();
        (await book.NoteOpeningAsync(Opening(Deposited(1)), now, 1, 1, None)).ShouldBeFalse("too many of all payers");
        (await book.NoteOpeningAsync(Opening(second), now.AddSeconds(100), 1, 100, None)).ShouldBeTrue("the first one's time is over");
        (await book.SpentAsync(9_000_000_000, now.AddSeconds(99), null, 10, None)).ShouldBeEmpty();
        (await book.SpentAsync(9_000_000_000, now.AddSeconds(100), null, 10, None)).Count.ShouldBe(2);

        var paid = Deposited(1) with { SettleBy = 9_000_000_200 };
        var other = Deposited(1);
        other = other with { Intent = other.Intent with { Client = paid.Intent.Client } };
        (await book.NoteOpeningAsync(Opening(paid, paid.SettleBy), now, 1, 100, None)).ShouldBeTrue();
        (await _intake.SubmitAsync(paid, None)).ShouldBe(IntakeResult.Accepted);
        (await book.NoteOpeningAsync(Opening(other), now, 1, 100, None)).ShouldBeTrue("the first one is a job's by now");
        (await book.SpentAsync(9_000_000_200, now.AddSeconds(200), null, 10, None)).Count.ShouldBe(1, "it is one deposit, however it was noted");
    }

    [Fact]
    public async Task A_transfer_settles_once()
    {
        var ledger = storage.Get<ITransferLedger>();
        var (transfer, failed) = (Hash256.Of(Guid.NewGuid().ToByteArray()), Hash256.Of(Guid.NewGuid().ToByteArray()));
        (await ledger.FindAsync(transfer, None)).ShouldBe(TransferState.New);
        (await ledger.BeginAsync(transfer, Now, None)).ShouldBeTrue();
        (await ledger.BeginAsync(transfer, Now, None)).ShouldBeTrue("its outcome may still be asked for");
        (await ledger.FindAsync(transfer, None)).ShouldBe(TransferState.Pending);
        var ended = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ledger.EndAsync(transfer, happened: true, Now, None)));
        ended.Count(e => e).ShouldBe(1);
        (await ledger.FindAsync(transfer, None)).ShouldBe(TransferState.Settled);
        (await ledger.BeginAsync(transfer, Now, None)).ShouldBeFalse();
        await ledger.BeginAsync(failed, Now, None);
        (await ledger.EndAsync(failed, happened: false, Now, None)).ShouldBeTrue();
        (await ledger.FindAsync(failed, None)).ShouldBe(TransferState.Failed);
    }

    private static JobSubmission Deposited(ulong amount)
    {
        var mint = WalletAddress.Parse("4zMMC9srt5Ri5X14GAgXhaHii3GnPAEERYPJgZJDncDU");
        var transaction = Convert.ToBase64String([1, .. new byte[64], .. System.Security.Cryptography.RandomNumberGenerator.GetBytes(40)]);
        var submission = Submission();
        return submission with { Signature = submission.Signature with { Deposit = new DepositPayment(mint, new Contracts.Money.HyperAmount(amount), transaction) }, Mint = mint };
    }
}
