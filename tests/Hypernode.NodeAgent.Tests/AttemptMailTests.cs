using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

public sealed class AttemptMailTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TestKit _kit = new();
    private readonly FakeTime _time = new();
    private readonly FakeLink _link = new();

    [Fact]
    public async Task An_outcome_whose_delivery_could_not_be_written_down_is_sent_again_until_it_was()
    {
        var time = new FakeTime();
        var link = new FakeLink();
        var mail = new AttemptMail(null, link, time, NullLogger.Instance);
        var fails = 3;
        mail.PostLast(
            [() => new AttemptDeclined(new JobId(TestKit.NewId()), 1, "expired", "")],
            () =>
            {
                if (fails-- > 0)
                {
                    throw new IOException("the disk is full");
                }
            });
        var running = mail.RunAsync(default);
        await time.AdvanceUntilAsync(() => running.IsCompleted, TimeSpan.FromSeconds(5));
        await running;

        link.Received.Count.ShouldBe(4);
    }

    [Fact]
    public async Task What_an_attempt_says_at_one_moment_goes_in_one_message()
    {
        using var log = OpenLog(out var job);
        var mail = Mail(log);
        var running = mail.RunAsync(default);
        log.Say("started");
        mail.Post(() => new AttemptStarted(job, 1, 0));
        await _time.AdvanceUntilAsync(() => _link.Sent.Count == 1, Patience);
        log.Append("stdout", "the last line\n"u8);
        log.Say("ended");
        mail.PostLast([() => new Beat(1, []), () => Declined(job)], () => { });
        await _time.AdvanceUntilAsync(() => running.IsCompleted, Patience);
        await running;

        Kinds(_link.Sent[0]).ShouldBe("LogChunks AttemptStarted");
        Kinds(_link.Sent[1]).ShouldBe("LogChunks Beat AttemptDeclined");
        _link.Chunks.Select(c => c.Seq).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task A_line_without_a_letter_waits_no_longer_than_a_moment()
    {
        using var log = OpenLog(out var job);
        var mail = Mail(log);
        var running = mail.RunAsync(default);
        log.Append("stdout", "one\n"u8);
        log.Append("stdout", "two\n"u8);
        await _time.AdvanceUntilAsync(() => _link.Sent.Count == 1, AttemptMail.Moment);
        _link.Chunks.Count.ShouldBe(2);
        mail.PostLast([() => Declined(job)], () => { });
        await _time.AdvanceUntilAsync(() => running.IsCompleted, Patience);
        _link.Sent.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_fills_a_message_waits_for_nobody()
    {
        using var log = OpenLog(out var job);
        var mail = Mail(log);
        var running = mail.RunAsync(default);
        for (var i = 0; i < 24; i++)
        {
            log.Append("stdout", new byte[LogChunk.MaxBytes]);
        }

        // The clock stands still: no moment passes.
        await Wait.UntilAsync(() => _link.Chunks.Count >= 20);
        log.UnsentBytes.ShouldBeLessThan(8 * (LogChunk.MaxBytes + 256));
        mail.PostLast([() => Declined(job)], () => { });
        await _time.AdvanceUntilAsync(() => running.IsCompleted, Patience);
        log.UnsentBytes.ShouldBe(0);
        System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(_link.Sent[0], Contracts.Text.ContractJson.Options).Length.ShouldBeLessThan(NodeBundle.MaxBytes);
    }

    [Fact]
    public async Task After_an_outage_all_that_has_come_goes_together_and_in_order()
    {
        using var log = OpenLog(out var job);
        var mail = Mail(log);
        _link.Down = true;
        var running = mail.RunAsync(default);
        log.Say("started");
        mail.Post(() => new AttemptStarted(job, 1, 0));
        await _time.PassAsync(TimeSpan.FromSeconds(3));
        log.Append("stdout", "meanwhile\n"u8);
        mail.PostLast([() => Declined(job)], () => { });
        await _time.PassAsync(TimeSpan.FromSeconds(3));
        _link.Down = false;
        await _time.AdvanceUntilAsync(() => running.IsCompleted, Patience);

        Kinds(_link.Sent.ShouldHaveSingleItem()).ShouldBe("LogChunks AttemptStarted AttemptDeclined");
        _link.Chunks.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_letter_never_overtakes_the_log_that_it_follows_however_long_that_is()
    {
        using var log = OpenLog(out var job);
        var mail = Mail(log);
        for (var i = 0; i < 600; i++)
        {
            log.Append("stdout", "line\n"u8);
        }

        mail.PostLast([() => Declined(job)], () => { });
        var running = mail.RunAsync(default);
        await _time.AdvanceUntilAsync(() => running.IsCompleted, Patience);

        _link.Sent.Select(Kinds).ShouldBe(["LogChunks", "LogChunks", "LogChunks AttemptDeclined"]);
        _link.Chunks.Select(c => c.Seq).ShouldBe(Enumerable.Range(0, 600).Select(i => (long)i));
    }

    public void Dispose() => _kit.Dispose();

    private static AttemptDeclined Declined(JobId job) => new(job, 1, "expired", "");

    private static string Kinds(NodeMessage message) =>
        string.Join(' ', (message is NodeBundle bundle ? bundle.Messages : [message]).Select(m => m!.GetType().Name));

    private AttemptMail Mail(LogChain log)
    {
        var mail = new AttemptMail(log, _link, _time, NullLogger.Instance);
        log.Appended = mail.Wake;
        return mail;
    }

    private LogChain OpenLog(out JobId job) => LogChain.Open(_kit.Folder, job = new JobId(TestKit.NewId()), 1, _time);
}
