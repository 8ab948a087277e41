using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Images;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Network;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

public sealed class AttemptRunnerTests : IDisposable
{
    private readonly TestKit _kit = new();
    private readonly FakeTime _time = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public async Task The_whole_log_is_on_disk_before_the_receipt_that_names_it_is_signed()
    {
        var spec = new JobSpec(JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64), 5, Script: "true");
        var command = _kit.Execute(spec, _time.NowMs);
        var engine = new FakeEngine(_time);
        using var journal = AgentJournal.Open(Path.Combine(_kit.Folder, "journal.jsonl"), _time);
        // Nobody sends what this attempt has to say: sending would flush the log as well.
        using var log = LogChain.Open(_kit.Folder, command.JobId, 1, _time);
        using var lease = new Lease(command, _kit.Folder, log, new AttemptMail(log, _kit.Link, _time, NullLogger.Instance));
        lease.GiveSlot();
        journal.Accept(command);
        var receipts = new Witness(_kit, log);
        var runner = new AttemptRunner(
            _kit.Options, engine, new FakeOutputs(), _kit.Blobs, journal, receipts,
            new VramWatch(_kit.Options, null, _time, NullLogger.Instance), JobNetworks.Of(_kit.Options, engine, null, _time, NullLogger.Instance),
            ImageCache.Of(_kit.Options, engine, _time, NullLogger.Instance), _time,
            NullLogger.Instance);
        var running = runner.RunAsync(lease, resumed: false, () => { }, () => new Beat(0, []), default);
        await Wait.UntilAsync(() => engine.All.Any(c => c.State.Status == ContainerStatus.Running));
        engine.Print(engine.All.Single(), "hello\n");
        engine.End(engine.All.Single());
        await _time.AdvanceUntilAsync(() => running.IsCompleted, TimeSpan.FromSeconds(10));
        await running;

        receipts.Seen.ShouldBe((log.Count, log.Count));
        journal.Find(command.JobId)!.Outcome.ShouldBeOfType<AttemptReported>();
    }

    /// <summary>Looks at the log when it is to be signed for.</summary>
    private sealed class Witness(TestKit kit, LogChain log) : ReceiptWriter(kit.Node, kit.Signer)
    {
        public (long Named, long Durable) Seen { get; private set; }

        protected override Receipt Finish(Receipt receipt)
        {
            Seen = (receipt.LogCount, log.Durable);
            return receipt;
        }
    }
}
