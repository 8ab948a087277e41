using System.Text.Json;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Timers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests.Timers;

/// <summary>I7's last net: what the audit finds is told, and woken from its own row.</summary>
public sealed class StrandedJobsTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly JobId _id = new(Guid.NewGuid());
    private readonly Audit _audit = new();
    private readonly Alarms _alarms = new();

    [Fact]
    public async Task A_stranded_job_is_an_alarm_and_its_timers_are_set_again_under_the_epochs_that_its_row_has()
    {
        var job = new JobState { CorrelationId = _id.Value, SettleBy = Now.AddHours(1).ToUnixTimeSeconds(), Epoch = 9, Armed = { [TimerKind.Step] = 9, [TimerKind.Expiry] = 2 } };
        _audit.Found.Add(new(_id, JobStateNames.EscrowPending, 4, JsonSerializer.Serialize(job, ContractJson.Options)));

        (await SweepAsync()).ShouldBe(1);

        var timers = _audit.Revived.ShouldHaveSingleItem();
        var step = timers.Single(t => t.Kind == TimerKind.Step);
        step.DueAt.ShouldBe(Now, "its question is asked again at once");
        ContractCodec.Deserialize(step.Type, step.Body).ShouldBe(new StepOverdue(_id, 9));
        var expiry = timers.Single(t => t.Kind == TimerKind.Expiry);
        expiry.DueAt.ShouldBe(Now.AddHours(1) + TimeSpan.FromSeconds(new WorkflowWindows().RefundGraceSeconds + 1), "not before the payer's right");
        ContractCodec.Deserialize(expiry.Type, expiry.Body).ShouldBe(new JobExpired(_id, 2));
        _alarms.Lines.ShouldHaveSingleItem().ShouldContain(_id.ToString());
    }

    [Fact]
    public async Task A_running_attempt_gets_a_whole_run_because_nobody_knows_when_it_began()
    {
        var spec = new JobSpec(JobType.Custom, "sha256:" + Hash256.Zero, new JobLimits(500, 256, TimeoutSeconds: 120), 60, Script: "true");
        var job = new JobState { CorrelationId = _id.Value, Spec = spec, Epoch = 5, Armed = { [TimerKind.Lease] = 5 } };
        _audit.Found.Add(new(_id, JobStateNames.Executing, 6, JsonSerializer.Serialize(job, ContractJson.Options)));

        await SweepAsync();

        _audit.Revived.ShouldHaveSingleItem().ShouldHaveSingleItem().DueAt
            .ShouldBe(Now + TimeSpan.FromSeconds(new WorkflowWindows().StartPatienceSeconds) + spec.RunLimit());
    }

    [Fact]
    public async Task A_job_that_the_saga_has_not_seen_gets_its_first_message_again()
    {
        _audit.Found.Add(new(_id, JobStateNames.Initial, 0, "{}"));

        await SweepAsync();

        var first = _audit.Revived.ShouldHaveSingleItem().ShouldHaveSingleItem();
        ContractCodec.Deserialize(first.Type, first.Body).ShouldBeOfType<JobSubmitted>().JobId.ShouldBe(_id);
    }

    [Fact]
    public async Task A_job_whose_row_names_no_timer_is_an_alarm_for_an_operator()
    {
        _audit.Found.Add(new(_id, JobStateNames.Matching, 3, JsonSerializer.Serialize(new JobState { CorrelationId = _id.Value }, ContractJson.Options)));

        (await SweepAsync()).ShouldBe(1);

        _audit.Revived.ShouldBeEmpty();
        _alarms.Lines.ShouldHaveSingleItem().ShouldContain("operator");
    }

    [Fact]
    public async Task A_job_that_moved_meanwhile_is_no_alarm()
    {
        _audit.HasMoved = true;
        _audit.Found.Add(new(_id, JobStateNames.Initial, 0, "{}"));

        await SweepAsync();

        _alarms.Lines.ShouldBeEmpty();
    }

    private Task<int> SweepAsync()
    {
        var windows = Options.Create(new WorkflowWindows());
        return new StrandedJobs(_audit, new Jobs(), windows, new StoppedTime(), _alarms).RunOnceAsync(CancellationToken.None);
    }

    private sealed class StoppedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Audit : ISagaAudit
    {
        public List<StoredSaga> Found { get; } = [];

        public List<IReadOnlyList<TimerChange>> Revived { get; } = [];

        public bool HasMoved { get; set; }

        public Task<IReadOnlyList<StoredSaga>> StrandedAsync(int limit, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<StoredSaga>>(Found);

        public Task<bool> ReviveAsync(StoredSaga found, IReadOnlyList<TimerChange> timers, CancellationToken cancellationToken)
        {
            Revived.Add(timers);
            return Task.FromResult(!HasMoved);
        }
    }

    private sealed class Alarms : ILogger<StrandedJobs>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            logLevel.ShouldBe(LogLevel.Error);
            Lines.Add(formatter(state, exception));
        }
    }

    private sealed class Jobs : IJobReader
    {
        public Task<JobView?> FindAsync(JobId id, CancellationToken cancellationToken)
        {
            var wallet = WalletAddress.FromBytes(new byte[32]);
            var intent = new PaymentIntent(new IntentId(Guid.NewGuid()), wallet, new HyperAmount(1), id, 1, 2, Hash256.Zero);
            var spec = new JobSpec(JobType.Custom, "sha256:" + Hash256.Zero, new JobLimits(500, 256), 5, Script: "true");
            return Task.FromResult<JobView?>(new(
                id, wallet, JobStateNames.Initial, 0, null, null, intent, new PayerSignature("signature"), spec, spec.Hash(), 3, Hash256.Zero, null, null, null, null, null, [], Now, null));
        }

        public Task<JobView?> FindByIntentAsync(IntentId id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<JobView>> ListAsync(WalletAddress owner, string? status, (DateTimeOffset At, JobId Id)? before, int limit, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<IReadOnlyList<JobTransition>> HistoryAsync(JobId id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<JobStats> StatsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
