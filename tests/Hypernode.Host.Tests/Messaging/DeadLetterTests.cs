using System.Diagnostics;
using System.Text;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Topology;
using Hypernode.Sagas.Engine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace Hypernode.Host.Tests.Messaging;

/// <summary>F09 and F26 on the real broker and database: what can't be handled is parked with its cause, and a replay is harmless.</summary>
[Trait("Needs", "rabbitmq")]
[Trait("Needs", "postgres")]
public sealed class DeadLetterTests : BrokerTests
{
    [Fact]
    public async Task A_message_for_an_unknown_job_is_parked_at_once_and_replayed_when_the_job_is_there_and_a_second_time_changes_nothing()
    {
        await using var host = await StartAsync("sagas");
        var submission = Submission();
        var (job, id) = (submission.Intent.JobId, Guid.NewGuid());
        var watch = Stopwatch.StartNew();

        await host.SendAsync(Queues.Shard(job), new CancelRequested(job), id);
        var letter = await host.ParkedAsync(id);

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5), "a job that is not there now is not there in a second");
        letter.Queue.ShouldBe(Queues.Shard(job));
        letter.Cause.ShouldBe(typeof(UnknownJobException).FullName);
        letter.Detail.ShouldContain(job.ToString());
        letter.Job.ShouldBe(job);
        letter.Type.ShouldBe("urn:message:Hypernode.Contracts.Events:CancelRequested");
        letter.Count.ShouldBe(1);

        // Too early a replay: it comes back, and says so.
        (await host.Dead.ReplayAsync([id.ToString()], CancellationToken.None)).Replayed.ShouldBe([id.ToString()]);
        await Eventually.IsTrueAsync(async () => (await host.ParkedAsync(id)).Count == 2, "the second parking");

        (await host.Get<IJobIntake>().SubmitAsync(submission, CancellationToken.None)).ShouldBe(IntakeResult.Accepted);
        await Eventually.IsTrueAsync(async () => (await host.SagaAsync(job)).Version > 0, "the job's first transition");
        var copy = await CopyAsync(host, id);
        (await host.Dead.ReplayAsync([id.ToString()], CancellationToken.None)).Replayed.ShouldBe([id.ToString()]);
        await Eventually.IsTrueAsync(async () => await Database.CountAsync("inbox", $"message_id = '{id}'") == 1, "the cancellation");
        var after = await host.SagaAsync(job);
        after.State.ShouldBe(JobStateNames.Rejected, "cancelled before anything was locked");

        await PutBackAsync(host, copy);
        (await host.Dead.ReplayAsync([id.ToString()], CancellationToken.None)).Replayed.ShouldBe([id.ToString()]);
        await host.SendAsync(Queues.Shard(job), new CancelRequested(job), id);
        var last = Guid.NewGuid();
        await host.SendAsync(Queues.Shard(job), new CancelRequested(new JobId(Guid.NewGuid())), last);
        await host.ParkedAsync(last); // whatever was before it in the queue has been handled

        (await host.SagaAsync(job)).ShouldBe(after);
        (await Database.CountAsync("outbox", $"message_id = '{id}'")).ShouldBe(0);
        (await host.Dead.ListAsync(100, CancellationToken.None)).ShouldNotContain(l => l.MessageId == id.ToString());
        (await host.Dead.ReplayAsync([id.ToString()], CancellationToken.None)).NotFound.ShouldBe([id.ToString()]);
    }

    [Fact]
    public async Task What_can_t_be_read_or_is_nobody_s_is_parked_and_what_comes_behind_it_is_handled()
    {
        await using var host = await StartAsync("sagas");
        var (garbage, unknown, wrong) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var submission = Submission();
        var job = submission.Intent.JobId;

        await host.SendRawAsync(Queues.Shard(job), "not json at all {", garbage.ToString());
        await host.SendRawAsync(
            Queues.Shard(job),
            $$$"""{"messageId":"{{{unknown}}}","messageType":["urn:message:Hypernode.Contracts.Events:OfTheFuture"],"message":{"jobId":"{{{job}}}"},"headers":{}}""",
            unknown.ToString());
        await host.SendRawAsync(
            Queues.Shard(job),
            $$$"""{"messageId":"{{{wrong}}}","messageType":["urn:message:Hypernode.Contracts.Events:CancelRequested"],"message":{"jobId":{"no":"id"}},"headers":{}}""",
            wrong.ToString());
        await host.SendRawAsync(Queues.Shard(job), "");
        await host.Get<IJobIntake>().SubmitAsync(submission, CancellationToken.None);

        await Eventually.IsTrueAsync(async () => (await host.SagaAsync(job)).Version > 0, "the job behind them");
        var unread = await host.ParkedAsync(garbage);
        unread.Cause.ShouldContain("Exception");
        unread.Detail.ShouldBe("the body can't be read as a message of this version");
        unread.Queue.ShouldBe(Queues.Shard(job));
        var unconsumed = await host.ParkedAsync(unknown);
        unconsumed.Cause.ShouldBe("unconsumed");
        unconsumed.Job.ShouldBe(job);
        (await host.ParkedAsync(wrong)).Type.ShouldBe("urn:message:Hypernode.Contracts.Events:CancelRequested");
        await Eventually.IsTrueAsync(async () => (await host.Dead.ListAsync(100, CancellationToken.None)).Count == 4, "the empty one as well");
        (await QueueNamesAsync()).ShouldNotContain(name => name.EndsWith("_error") || name.EndsWith("_skipped"), "what nobody declared must not appear");
    }

    [Fact]
    public async Task A_worker_that_fails_for_ever_is_tried_a_few_times_and_its_secret_stays_in_the_log()
    {
        var worker = new Failing();
        await using var host = await StartAsync("workers", s => s.AddSingleton<IHandle<LockEscrow>>(worker));
        var submission = Submission();
        var (bad, good) = (Guid.NewGuid(), Guid.NewGuid());

        await host.SendAsync(Queues.LockEscrow, Lock(submission, "poison"), bad);
        await host.SendAsync(Queues.LockEscrow, Lock(submission, "fine"), good);

        await Eventually.IsTrueAsync(() => worker.Handled == 1, "the good one, which does not wait for the bad one");
        var letter = await host.ParkedAsync(bad);
        worker.Tried.ShouldBe(5, "once, and four times more");
        letter.Queue.ShouldBe(Queues.LockEscrow);
        letter.Cause.ShouldBe(typeof(InvalidOperationException).FullName);
        letter.Job.ShouldBe(submission.Intent.JobId);
        var raw = await CopyAsync(host, bad);
        foreach (var header in raw.BasicProperties.Headers!.Values.OfType<byte[]>().Select(Encoding.UTF8.GetString))
        {
            header.ShouldNotContain("hunter2");
            header.ShouldNotContain("   at ");
        }
    }

    [Fact]
    public async Task An_outage_parks_nothing()
    {
        var worker = new Failing { OutagesToCome = 4 };
        await using var host = await StartAsync("workers", s => s.AddSingleton<IHandle<LockEscrow>>(worker));
        var id = Guid.NewGuid();

        await host.SendAsync(Queues.LockEscrow, Lock(Submission(), "fine"), id);

        await Eventually.IsTrueAsync(() => worker.Handled == 1, "the end of the outage", 60);
        (await host.Dead.ListAsync(100, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_replay_writes_only_to_queues_of_ours()
    {
        await using var host = await StartAsync("sagas");
        var id = Guid.NewGuid().ToString();
        await host.SendRawAsync(Queues.Dead, "{}", id, new Dictionary<string, object?> { ["dead-queue"] = "amq.direct" });

        var result = await host.Dead.ReplayAsync([id, "nobody"], CancellationToken.None);

        result.Replayed.ShouldBeEmpty();
        result.Refused.ShouldBe([id]);
        result.NotFound.ShouldBe(["nobody"]);
        (await host.Dead.ListAsync(100, CancellationToken.None)).ShouldHaveSingleItem().MessageId.ShouldBe(id);
    }

    [Fact]
    public async Task An_operator_lists_and_replays_from_the_command_line()
    {
        await using var host = await StartAsync("sagas");
        var id = Guid.NewGuid();
        await host.SendAsync(Queues.Saga[0], new CancelRequested(new JobId(Guid.NewGuid())), id);
        await host.ParkedAsync(id);

        (await RunAsync("dead", "list")).ShouldSatisfyAllConditions(
            r => r.Code.ShouldBe(0), r => r.Text.ShouldContain($"\"messageId\":\"{id}\""), r => r.Text.ShouldContain(nameof(UnknownJobException)));
        (await RunAsync("dead", "replay", $"{id}")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Text.ShouldContain($"\"replayed\":[\"{id}\"]"));
        (await RunAsync("dead", "replay", "nobody")).Code.ShouldBe(1);
        await Should.ThrowAsync<ArgumentException>(() => RunAsync("dead", "replay"));
        await Should.ThrowAsync<ArgumentException>(() => RunAsync("dead"));

        async Task<(int Code, string Text)> RunAsync(params string[] arguments)
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Hypernode:RabbitMq:Uri", Broker)]).Build();
            using var output = new StringWriter();
            return (await DeadLetterCommand.RunAsync(HostArguments.Parse(arguments).Dead!, configuration, output, CancellationToken.None), output.ToString());
        }
    }

    /// <summary>A message that no delivery of it ever ends (its host dies each time) is the broker's to park.</summary>
    [Fact]
    public async Task What_theBroker_itself_gives_up_on_is_listed_with_its_queue_and_can_be_replayed()
    {
        await using var host = await StartAsync("sagas");
        var id = Guid.NewGuid().ToString();
        await host.SendRawAsync(Queues.SettlePayment, "{}", id);
        for (var deliveries = 0; deliveries < 40 && await host.Channel.BasicGetAsync(Queues.SettlePayment, autoAck: false) is { } got; deliveries++)
        {
            await host.Channel.BasicNackAsync(got.DeliveryTag, multiple: false, requeue: true);
            await host.Channel.MessageCountAsync(Queues.SettlePayment);
        }

        var letter = await host.ParkedAsync(Guid.Parse(id));
        letter.Queue.ShouldBe(Queues.SettlePayment);
        letter.Cause.ShouldBe("delivery_limit");
        (await host.Dead.ReplayAsync([id], CancellationToken.None)).Replayed.ShouldBe([id]);
        await Eventually.IsTrueAsync(async () => await host.Channel.MessageCountAsync(Queues.SettlePayment) == 1, "the message in its queue again");
    }

    [Fact]
    public async Task Looking_at_dead_letters_never_wears_them_out()
    {
        await using var host = await StartAsync("sagas");
        await host.SendRawAsync(Queues.Dead, "{}", "kept");

        for (var i = 0; i < 30; i++)
        {
            (await host.Dead.ListAsync(100, CancellationToken.None)).Count.ShouldBe(1);
        }
    }

    private static JobSubmission Submission() => Submissions.New();

    private static LockEscrow Lock(JobSubmission s, string signature) =>
        new(s.Intent.JobId, s.Intent, new PayerSignature(signature), s.SpecHash, s.SettleBy, s.Salt, null);

    /// <summary>The parked message as it is, without taking it away.</summary>
    private static async Task<BasicGetResult> CopyAsync(BrokerHost host, Guid id)
    {
        await host.ParkedAsync(id);
        return await Eventually.GetAsync(
            async () =>
            {
                BasicGetResult? found = null;
                var last = 0UL;
                while (await host.Channel.BasicGetAsync(Queues.Dead, autoAck: false) is { } got)
                {
                    last = got.DeliveryTag;
                    found = got.BasicProperties.MessageId == id.ToString()
                        ? new(got.DeliveryTag, got.Redelivered, got.Exchange, got.RoutingKey, got.MessageCount, got.BasicProperties, got.Body.ToArray())
                        : found;
                }

                if (last > 0)
                {
                    await host.Channel.BasicNackAsync(last, multiple: true, requeue: true);
                }

                return found;
            },
            "a copy");
    }

    /// <summary>An operator's tool that copies instead of moving.</summary>
    private static Task PutBackAsync(BrokerHost host, BasicGetResult copy) => host.Channel.BasicPublishAsync(
        Queues.Dead, "", mandatory: true, new BasicProperties(copy.BasicProperties), copy.Body).AsTask();

    private async Task<IReadOnlyList<string>> QueueNamesAsync() => await BrokerUser.QueueNamesAsync(Broker);

    private sealed class Failing : IHandle<LockEscrow>
    {
        private int _tried;
        private int _handled;

        public int Tried => _tried;

        public int Handled => _handled;

        public int OutagesToCome { get; set; }

        public Task<object> HandleAsync(LockEscrow command, CancellationToken cancellationToken)
        {
            if (OutagesToCome-- > 0)
            {
                throw new IOException("the chain does not answer");
            }

            if (command.Signature.Value == "poison")
            {
                Interlocked.Increment(ref _tried);
                throw new InvalidOperationException("password=hunter2 was refused");
            }

            Interlocked.Increment(ref _handled);
            return Task.FromResult<object>(new EscrowLockFailed(command.JobId, "test", "test"));
        }
    }
}
