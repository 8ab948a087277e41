using System.Text;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Microsoft.Extensions.Logging;

namespace Hypernode.Workers.Verification;

/// <summary>The oracle's desk: gathers the evidence of an attempt, has it judged, and meters what was delivered.</summary>
public sealed class ResultVerifier(
    IJobReader jobs,
    INodeDirectory nodes,
    IEvidence evidence,
    IEscrow escrow,
    TimeProvider time,
    ILogger<ResultVerifier> logger) : IHandle<VerifyResult>
{
    private const int Page = 512;

    /// <summary>Log chunks may be on their way when their receipt is already here: so long nobody is blamed for a missing one.</summary>
    private static readonly TimeSpan ChunkPatience = TimeSpan.FromSeconds(10);

    public async Task<object> HandleAsync(VerifyResult command, CancellationToken cancellationToken)
    {
        // Asked at once: where there is a round trip, they share it.
        var (findJob, findLease, readLog, findReceipt) = (
            jobs.FindAsync(command.JobId, cancellationToken),
            nodes.FindLeaseAsync(command.JobId, command.Attempt, cancellationToken),
            ReadLogAsync(command, cancellationToken),
            evidence.FindReceiptAsync(command.JobId, command.Attempt, cancellationToken));
        await Task.WhenAll(findJob, findLease, readLog, findReceipt);
        var job = await findJob ?? throw Unknown(command, "no such job");
        var lease = await findLease ?? throw Unknown(command, "no such lease");
        var (log, receipt) = (await readLog, await findReceipt);
        return command.Cancelled
            ? MeterCancelled(command, job, lease, log, receipt)
            : await JudgeAsync(command, job, lease, log, receipt ?? throw Unknown(command, "no receipt yet"), cancellationToken);
    }

    private async Task<object> JudgeAsync(
        VerifyResult command, JobView job, LeaseView lease, LogTrail log, StoredReceipt stored, CancellationToken cancellationToken)
    {
        if (log.Count < stored.Receipt.LogCount && time.GetUtcNow() - stored.ReceivedAt < ChunkPatience)
        {
            throw Unknown(command, "log chunks are on their way");
        }

        var node = await nodes.FindAsync(lease.NodeId, cancellationToken) ?? throw Unknown(command, "no such node");
        var signatureHolds = escrow.Verify(node.NodeKey, stored.Receipt.SigningBytes(), stored.Signature);
        var payment = await AskChainAsync(job, cancellationToken);
        var whole = new Evidence(job, lease, node, stored, signatureHolds, log, payment, escrow.Deployment, command.GpuUuids);
        var (verdict, score, failed) = Oracle.Judge(whole);

        // A node at fault is paid nothing.
        var charge = verdict == Verdict.NodeFault ? HyperAmount.Zero : ChargeOf(job, lease, OracleChecks.Billable(whole));
        var detail = failed.Count == 0 ? "all checks hold" : $"failed: {string.Join(", ", failed)}";
        return Answer(command, verdict, score, charge, stored.Receipt.Hash(), log.Root, detail);
    }

    /// <summary>The payer stopped the run: what was delivered until then is paid, with or without a receipt.</summary>
    private ResultVerified MeterCancelled(VerifyResult command, JobView job, LeaseView lease, LogTrail log, StoredReceipt? stored)
    {
        var execution = stored?.Receipt.Hash()
            ?? Hash256.Of(Encoding.UTF8.GetBytes($"HYPERNODE/cancelled/v1\n{command.JobId}\n{command.Attempt}"));
        var delivered = OracleChecks.Billable(lease, stored?.Receipt);
        var detail = $"cancelled after {(long)delivered.TotalMilliseconds} ms";
        return Answer(command, Verdict.Cancelled, 0, ChargeOf(job, lease, delivered), execution, log.Root, detail);
    }

    /// <summary>In base units of what the payment is in: nodes ask for HYPER, and the rate between the two is the one that was quoted.</summary>
    private static HyperAmount ChargeOf(JobView job, LeaseView lease, TimeSpan delivered)
    {
        var charge = Metering.Charge(job.Intent.Amount, lease.RatePerSecond, delivered, job.Spec.RunLimit());
        return job.IntentSignature.Deposit?.Convert(charge, job.Intent.Amount) ?? charge;
    }

    private async Task<LogTrail> ReadLogAsync(VerifyResult command, CancellationToken cancellationToken)
    {
        var trail = new LogTrail();
        var after = (command.Attempt, Seq: -1L);
        while (true)
        {
            var page = await evidence.ReadLogsAsync(command.JobId, after, Page, cancellationToken);
            foreach (var chunk in page.TakeWhile(c => c.Chunk.Attempt == command.Attempt))
            {
                trail.Add(chunk);
            }

            if (page.Count < Page || page[^1].Chunk.Attempt != command.Attempt)
            {
                return trail;
            }

            after = (command.Attempt, page[^1].Chunk.Seq);
        }
    }

    private async Task<EscrowView?> AskChainAsync(JobView job, CancellationToken cancellationToken)
    {
        try
        {
            return await escrow.FindAsync(job.Intent.IntentId, cancellationToken);
        }
        catch (IOException e)
        {
            throw new AnswerUnknownException($"{job.Id}: the chain can't be asked for the payment", e);
        }
    }

    private ResultVerified Answer(
        VerifyResult command, Verdict verdict, int score, HyperAmount charge, Hash256 execution, Hash256 logs, string detail)
    {
        Log.Judged(logger, command.JobId, command.Attempt, verdict, score, charge.BaseUnits, detail);
        return new ResultVerified(command.JobId, command.Attempt, verdict, score, charge, execution, logs, detail);
    }

    private static AnswerUnknownException Unknown(VerifyResult command, string why) => new($"{command.JobId} attempt {command.Attempt}: {why}");
}
