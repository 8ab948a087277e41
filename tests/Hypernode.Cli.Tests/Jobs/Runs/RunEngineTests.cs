using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Runs;
using Hypernode.Contracts.Text;

namespace Hypernode.Cli.Tests.Jobs.Runs;

public sealed class RunEngineTests : IDisposable
{
    private readonly RunKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task Every_job_is_paid_for_once_and_its_results_are_kept()
    {
        var state = await _kit.StartAsync(RunKit.Plan(2, "a", "b", "c"));
        (state.IsOver, state.Succeeded).ShouldBe((true, true));
        _kit.Market.Paid.ShouldBe(["a", "b", "c"], ignoreOrder: true);
        File.ReadAllText(Path.Combine(_kit.Folder, "results", "c", "out.txt")).ShouldBe("left");
        _kit.Market.MostAtOnce.ShouldBe(2);
    }

    /// <summary>Cut off before and after every call that a run makes, and resumed: each job is paid for once, whatever was lost.</summary>
    [Fact]
    public async Task Cut_off_anywhere_a_run_goes_on_and_pays_nothing_twice()
    {
        var plan = RunKit.Plan(2, "a", "b:a|out.txt", "c", "d:b,c");
        await _kit.StartAsync(plan);
        var calls = _kit.Market.Calls;
        calls.ShouldBeGreaterThan(30);
        for (var at = 1; at <= calls; at++)
        {
            using var kit = new RunKit();
            kit.Market.CutAt = at;
            await Should.ThrowAsync<PowerCut>(() => kit.StartAsync(plan), $"cut {at}");
            kit.Market.CutAt = null;
            var state = await kit.ResumeAsync();
            (state.Succeeded, string.Join(',', kit.Market.Paid.Order())).ShouldBe((true, "a,b,c,d"), $"cut {at}");
        }
    }

    /// <summary>And cut off again at each call of the way back.</summary>
    [Fact]
    public async Task Cut_off_twice_it_still_pays_nothing_twice()
    {
        var plan = RunKit.Plan(1, "a", "b:a");
        for (var first = 4; first <= 16; first += 3)
        {
            for (var second = 1; second <= 8; second++)
            {
                using var kit = new RunKit();
                kit.Market.CutAt = first;
                await Should.ThrowAsync<PowerCut>(() => kit.StartAsync(plan));
                kit.Market.CutAt = kit.Market.Calls + second;
                await Should.ThrowAsync<PowerCut>(() => kit.ResumeAsync());
                kit.Market.CutAt = null;
                (await kit.ResumeAsync()).Succeeded.ShouldBeTrue();
                string.Join(',', kit.Market.Paid.Order()).ShouldBe("a,b", $"cut {first}, then {second}");
            }
        }
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_and_what_never_arrived_is_sent_again()
    {
        foreach (var taken in new[] { true, false, false, true })
        {
            _kit.Market.Lost.Enqueue(taken);
        }

        (await _kit.StartAsync(RunKit.Plan(1, "a", "b"))).Succeeded.ShouldBeTrue();
        _kit.Market.Paid.ShouldBe(["a", "b"]);
        _kit.Market.Signatures.ShouldBe(2);
    }

    [Fact]
    public async Task A_steps_input_is_what_the_earlier_one_left_by_its_hash()
    {
        await _kit.StartAsync(RunKit.Plan(1, "a", "b:a|out.txt"));
        var input = _kit.Market.Specs[1].Inputs!.ShouldHaveSingleItem();
        (input.Name, input.Sha256, input.Bytes).ShouldBe(("in", Hash256.Of("left"u8), 4));
    }

    [Theory]
    [InlineData("JobFault")]
    [InlineData("Expired")]
    public async Task What_hangs_on_a_failure_is_never_signed(string outcome)
    {
        _kit.Market.Outcomes["b"] = outcome;
        var state = await _kit.StartAsync(RunKit.Plan(4, "a", "b", "c:b", "d:c", "e:a"));
        _kit.Market.Paid.ShouldBe(["a", "b", "e"], ignoreOrder: true);
        _kit.Market.Signatures.ShouldBe(3);
        (state["c"].Stopped, state["d"].Stopped).ShouldBe(("b did not succeed", "c did not succeed"));
        (state.IsOver, state.Succeeded).ShouldBe((true, false));

        // Resumed, it stays as it is.
        await _kit.ResumeAsync();
        _kit.Market.Signatures.ShouldBe(3);
    }

    [Fact]
    public async Task Retried_only_what_did_not_succeed_is_paid_for_anew()
    {
        _kit.Market.Outcomes["b"] = "JobFault";
        await _kit.StartAsync(RunKit.Plan(1, "a", "b:a|out.txt", "c:b"));
        _kit.Market.Outcomes.Clear();
        _kit.Retry();
        var state = await _kit.ResumeAsync();
        (state.Succeeded, string.Join(',', _kit.Market.Paid)).ShouldBe((true, "a,b,b,c"));
        state["b"].Earlier.ShouldHaveSingleItem().Ended.Outcome.ShouldBe("JobFault");
        RunIndex.Of(_kit.Folder, state)["charge"]!.GetValue<ulong>().ShouldBe(40UL, "the one that failed was charged, too");
        File.Exists(Path.Combine(_kit.Folder, "results", "b~2", "out.txt")).ShouldBeTrue();

        // What has succeeded can't be retried, and a retry is written down: read again, it is the same.
        _kit.Retry();
        await _kit.ResumeAsync();
        _kit.Market.Paid.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_file_that_is_not_there_stops_the_step_that_wants_it()
    {
        var state = await _kit.StartAsync(RunKit.Plan(1, "a", "b:a|other.txt"));
        state["b"].Stopped.ShouldBe("a left no other.txt");
        _kit.Market.Signatures.ShouldBe(1);
    }

    [Fact]
    public async Task A_job_that_leaves_less_than_it_said_has_failed()
    {
        var plan = RunKit.Plan(1, "a", "b:a");
        var job = plan.Jobs[0] with { Job = plan.Jobs[0].Job with { Outputs = ["out.txt", "more.txt"] } };
        var state = await _kit.StartAsync(plan with { Jobs = [job, plan.Jobs[1]] });
        state["a"].Status.ShouldBe("failed (left no more.txt)");
        state["b"].Stopped.ShouldNotBeNull();
    }

    [Fact]
    public async Task What_the_api_refuses_is_not_paid_for_and_stops_what_hangs_on_it()
    {
        _kit.Market.Refused.Add("a");
        var state = await _kit.StartAsync(RunKit.Plan(2, "a", "b:a", "c"));
        state["a"].Stopped!.ShouldContain("no such image");
        _kit.Market.Paid.ShouldBe(["c"]);
    }

    [Fact]
    public async Task Cancelled_nothing_more_is_begun_and_what_runs_is_ended()
    {
        _kit.Market.Endless.Add("a");
        var run = _kit.StartAsync(RunKit.Plan(1, "a", "b"));
        await UntilAsync(() => _kit.Market.Paid.Count == 1);
        RunFile.AskForCancel(_kit.Folder);
        var state = await run;
        (state["a"].Ended!.Outcome, state["b"].Stopped).ShouldBe(("Cancelled", "the run was cancelled"));
        _kit.Market.Signatures.ShouldBe(1);
        RunIndex.Of(_kit.Folder, state)["refund"]!.GetValue<ulong>().ShouldBe(RunKit.Amount.BaseUnits);
    }

    [Fact]
    public async Task Cancelled_after_a_crash_a_payment_that_never_left_is_not_sent()
    {
        await Should.ThrowAsync<UnknownAnswerException>(() =>
        {
            foreach (var _ in Enumerable.Range(0, 6))
            {
                _kit.Market.Lost.Enqueue(false);
            }

            return _kit.StartAsync(RunKit.Plan(1, "a"));
        });
        RunFile.AskForCancel(_kit.Folder);
        var state = await _kit.ResumeAsync();
        state["a"].Stopped!.ShouldContain("never accepted, and lapses at");
        _kit.Market.Paid.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_payment_that_ran_out_unseen_is_replaced_once_no_clock_can_take_it()
    {
        foreach (var _ in Enumerable.Range(0, 6))
        {
            _kit.Market.Lost.Enqueue(false);
        }

        await Should.ThrowAsync<UnknownAnswerException>(() => _kit.StartAsync(RunKit.Plan(1, "a")));
        _kit.Time.Later = TimeSpan.FromMinutes(62);
        (await Should.ThrowAsync<CliException>(() => _kit.ResumeAsync())).Message.ShouldContain("resume the run after");
        _kit.Market.Signatures.ShouldBe(1);

        _kit.Time.Later = TimeSpan.FromMinutes(66);
        (await _kit.ResumeAsync()).Succeeded.ShouldBeTrue();
        (_kit.Market.Signatures, _kit.Market.Paid.Count).ShouldBe((2, 1));
    }

    /// <summary>Signed, cut off before it was sent, resumed an hour later.</summary>
    [Theory]
    [InlineData(Funding.Transaction, 2)]
    [InlineData(Funding.Intent, 1)]
    public async Task A_transaction_that_a_crash_made_too_late_is_signed_anew(Funding funding, int signatures)
    {
        foreach (var _ in Enumerable.Range(0, 6))
        {
            _kit.Market.Lost.Enqueue(false);
        }

        await Should.ThrowAsync<UnknownAnswerException>(() => _kit.StartAsync(RunKit.Plan(1, "a") with { Funding = funding }));
        _kit.Market.Stale.UnionWith(_kit.Market.Signed);
        (await _kit.ResumeAsync()).Succeeded.ShouldBe(funding == Funding.Transaction);
        _kit.Market.Signatures.ShouldBe(signatures);
    }

    [Fact]
    public async Task An_api_whose_clock_is_ahead_does_not_end_a_job_that_nobody_has()
    {
        foreach (var _ in Enumerable.Range(0, 6))
        {
            _kit.Market.Lost.Enqueue(false);
        }

        await Should.ThrowAsync<UnknownAnswerException>(() => _kit.StartAsync(RunKit.Plan(1, "a")));
        _kit.Market.Answer = new RefusedException(400, new ProblemAnswer("urn:x", 400, "", [new ProblemField("/paymentIntent/expiresAt", "expired", "has passed")]), "");
        (await Should.ThrowAsync<CliException>(() => _kit.ResumeAsync())).Message.ShouldContain("resume the run after");

        _kit.Market.Answer = null;
        (await _kit.ResumeAsync()).Succeeded.ShouldBeTrue();
        _kit.Market.Signatures.ShouldBe(1);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Not_now_is_no_answer(int status)
    {
        _kit.Market.Answer = new RefusedException(status, null, "");
        await Should.ThrowAsync<UnknownAnswerException>(() => _kit.StartAsync(RunKit.Plan(1, "a")));
        _kit.Market.Answer = null;
        (await _kit.ResumeAsync()).Succeeded.ShouldBeTrue();
        (_kit.Market.Signatures, _kit.Market.Paid.Count).ShouldBe((1, 1));
    }

    [Fact]
    public async Task Interrupted_it_signs_nothing_more_and_can_be_resumed()
    {
        _kit.Market.Endless.Add("a");
        using var interruption = new CancellationTokenSource();
        var run = _kit.StartAsync(RunKit.Plan(1, "a", "b"), interruption.Token);
        await UntilAsync(() => _kit.Market.Paid.Count == 1);
        await interruption.CancelAsync();
        await Should.ThrowAsync<Exception>(() => run);
        _kit.Market.Signatures.ShouldBe(1);

        _kit.Market.Endless.Clear();
        (await _kit.ResumeAsync()).Succeeded.ShouldBeTrue();
        _kit.Market.Paid.ShouldBe(["a", "b"]);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            await Task.Delay(1, patience.Token);
        }
    }
}
