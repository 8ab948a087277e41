using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Contracts.Timers;
using Hypernode.Sagas.Engine;
using Hypernode.Sagas.Tests.Rig;
using Microsoft.Extensions.Options;

namespace Hypernode.Sagas.Tests.Corpus;

/// <summary>T7: every row that a release has written still loads, says the same, and goes on.</summary>
public sealed class CorpusTests
{
    /// <summary>What older rows have and this version leaves out, with the reason.</summary>
    private static readonly HashSet<string> Dropped = ["version"]; // it is the row's own column

    public static TheoryData<string> Files
    {
        get
        {
            if (Environment.GetEnvironmentVariable("HYPERNODE_NEW_CORPUS") is { Length: > 0 } name)
            {
                StoredRows.Write(name);
            }

            return [.. StoredRows.Files];
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_stored_job_of_any_state_loads_and_says_the_same(string file)
    {
        foreach (var line in StoredRows.Jobs(file))
        {
            var loaded = await LoadAsync(line);

            var written = JsonSerializer.Serialize(loaded.Job, ContractJson.Options);
            loaded.Says(written).ShouldBeTrue($"{file}, {line.Of}: loading changes nothing");
            var (was, now) = (JsonNode.Parse(line.Body)!.AsObject(), JsonNode.Parse(written)!.AsObject());
            foreach (var (name, value) in was.Where(p => !Dropped.Contains(p.Key) && line.Of != JobStateNames.Initial))
            {
                JsonNode.DeepEquals(now[name], value).ShouldBeTrue($"{file}, {line.Of}: {name} was {value?.ToJsonString()}, is {now[name]?.ToJsonString()}");
            }

            loaded.Job.CurrentState.ShouldBe(line.Of);
            loaded.Job.Version.ShouldBe(7);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_stored_job_that_has_not_ended_goes_on_from_there(string file)
    {
        var machine = new MachineDriver(new JobStateMachine(new WorkflowWindows()));
        foreach (var line in StoredRows.Jobs(file).Where(l => l.Of != JobStateNames.Initial))
        {
            var transition = new Transition(await LoadAsync(line), machine);
            var armed = transition.Job.Armed.OrderBy(a => a.Key).ToList();
            if (JobStateNames.IsTerminal(line.Of))
            {
                armed.ShouldBeEmpty();
                continue;
            }

            var (kind, epoch) = armed.First(); // Step first: what it waits for is asked again
            await transition.RaiseAsync(kind switch
            {
                TimerKind.Step => new StepOverdue(transition.Job.JobId, epoch),
                TimerKind.Lease => new LeaseExpired(transition.Job.JobId, epoch),
                TimerKind.Match => new MatchDue(transition.Job.JobId, epoch),
                _ => (object)new JobExpired(transition.Job.JobId, epoch),
            });

            transition.Job.Outgoing.ShouldNotBeEmpty($"{file}, {line.Of}: {kind} moves it");
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_stored_message_loads_and_says_the_same(string file)
    {
        foreach (var line in StoredRows.Messages(file))
        {
            var message = ContractCodec.Deserialize(line.Of, line.Body);

            message.GetType().FullName.ShouldBe(line.Of);
            var now = JsonNode.Parse(ContractCodec.Serialize(message))!.AsObject();
            foreach (var (name, value) in JsonNode.Parse(line.Body)!.AsObject())
            {
                JsonNode.DeepEquals(now[name], value).ShouldBeTrue($"{file}, {line.Of}: {name} was {value?.ToJsonString()}, is {now[name]?.ToJsonString()}");
            }
        }
    }

    [Fact]
    public void Every_state_and_every_message_that_may_stand_in_a_row_is_in_the_corpus()
    {
        var (jobs, messages) = (StoredRows.Files.SelectMany(StoredRows.Jobs).Select(l => l.Of), StoredRows.Files.SelectMany(StoredRows.Messages).Select(l => l.Of));

        // IntentVerified and Verified are passed through in one transition: no row ever rests there.
        new JobStateMachine(new WorkflowWindows()).States.Select(s => s.Name).Except([.. jobs, "Final", JobStateNames.IntentVerified, JobStateNames.Verified]).ShouldBeEmpty();
        typeof(IJobMessage).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IJobMessage).IsAssignableFrom(t) && !typeof(NodeMessage).IsAssignableFrom(t))
            .Select(t => t.FullName!).Except(messages).ShouldBeEmpty();
    }

    /// <summary>What the payer signed is written once and copied from then on: nobody can see that in a row.</summary>
    [Fact]
    public void A_row_holds_what_was_signed_as_the_contracts_write_it()
    {
        var submission = Given.Submission(DateTimeOffset.UnixEpoch);
        var job = new JobState { CorrelationId = submission.Intent.JobId.Value, Intent = submission.Intent, Spec = submission.Spec };

        var first = JsonSerializer.Serialize(job, ContractJson.Options);
        job.Attempt = 2;
        var second = JsonSerializer.Serialize(job, ContractJson.Options);

        first.ShouldContain($"\"intent\":{JsonSerializer.Serialize(submission.Intent, ContractJson.Options)},\"intentSignature\":");
        first.ShouldContain($"\"spec\":{JsonSerializer.Serialize(submission.Spec, ContractJson.Options)},\"specHash\":");
        second.ShouldBe(first.Replace("\"attempt\":0", "\"attempt\":2", StringComparison.Ordinal));
        JsonSerializer.Serialize(new JobState(), ContractJson.Options).ShouldNotContain("\"intent\"");
    }

    private static async Task<LoadedJob> LoadAsync(StoredLine line)
    {
        var turns = new TurnScheduler();
        var id = new JobId(JsonNode.Parse(line.Body)!["correlationId"]?.GetValue<Guid>() ?? Guid.NewGuid());
        var store = new JobStore(new OneRow(new StoredSaga(id, line.Of, 7, line.Body)), turns, Options.Create(new EngineOptions()));
        var job = store.TakeAsync(id, fresh: true);
        turns.Pump();
        return (await job)!;
    }

    private sealed class OneRow(StoredSaga row) : ISagaJournal
    {
        public Task<IReadOnlyList<StoredSaga>> LoadAsync(IReadOnlyCollection<JobId> ids, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<StoredSaga>>([row]);

        public Task<IReadOnlyList<CommitResult>> CommitAsync(
            IReadOnlyList<SagaCommit> batch, IReadOnlyCollection<Guid> delivered, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
