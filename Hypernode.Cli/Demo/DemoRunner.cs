using Hypernode.Cli.Adapters;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.Solana;

namespace Hypernode.Cli.Demo;

/// <summary>Tells one scenario on a running stack, as a payer would live it, and holds its end against the chain.</summary>
internal sealed class DemoRunner(Repository repository, IStack stack, Scenario scenario, string dataPath, Narrator narrator, TimeProvider time, Funding funding)
{
    private readonly Dictionary<string, string> _names = stack.Agents.ToDictionary(a => a.Id.ToString(), a => a.Plan.Name);
    private readonly List<string> _simulated = ["oracle quorum: simulated (one operator)"];
    private readonly DemoJob _job = DemoJob.Of(repository, scenario.Job);
    private readonly List<string> _failures = [];
    private readonly JobProgress _progress = new(narrator);

    /// <returns>What happened, and what of it is not as it should be.</returns>
    public async Task<(DemoReport Report, IReadOnlyList<string> Failures)> RunAsync(CancellationToken cancellationToken)
    {
        using var payer = KeyFile.Load(Path.Combine(dataPath, "keys", "payer.json"));
        using var programKey = KeyFile.Load(Path.Combine(repository.Root, "programs", "keys", "facilitator-keypair.json"));
        using var http = new HttpClient();
        var chain = new ChainView(new RpcClient(http, new Uri(stack.Ready.Rpc)), programKey.PublicKey, stack.Ready.Network);
        using var api = new ApiClient(stack.Ready.Url);
        await api.SignInAsync(payer, cancellationToken);
        narrator.Step($"signed in as {payer.PublicKey}");
        await EnlistAsync(api, cancellationToken);
        if (funding == Funding.Intent)
        {
            await ApproveAsync(chain, payer, cancellationToken);
        }

        var job = await _job.UploadAsync(stack.Image, api, cancellationToken);
        if (scenario.RunLimitSeconds is { } limit)
        {
            job = job with { EstimatedTime = limit, Limits = job.Limits with { TimeoutSeconds = limit } };
        }

        var (prepared, intent) = await CheckedIntent.PrepareAsync(api, chain, payer.PublicKey, DemoJob.Amount, job, funding, time, cancellationToken);
        narrator.Good("checked the intent: text, amount, job and nonce are ours");
        if (funding == Funding.Transaction)
        {
            narrator.Good("checked the transaction: it locks this payment, carries the text as a memo, and does nothing else");
        }

        foreach (var line in prepared.Text.Split('\n').Where(l => l.Length > 0))
        {
            narrator.Log("to sign", line);
        }

        var authorities = stack.Agents.ToDictionary(a => a.Id.ToString(), a => a.Authority.PublicKey, StringComparer.Ordinal);
        var before = await chain.BalancesAsync(payer.PublicKey, intent.IntentId.Value, authorities, cancellationToken);
        var report = await SubmitAsync(api, prepared, job, payer, cancellationToken);
        var after = await chain.BalancesAsync(payer.PublicKey, intent.IntentId.Value, authorities, cancellationToken);
        var payment = await chain.PaymentAsync(intent.IntentId.Value, cancellationToken);

        narrator.Table(before, after, _names);
        _failures.AddRange(SumsCheck.Failures(Claimed(report), before, after, payment, BoundOf(report), new Ours(payer.PublicKey, DemoJob.Amount.BaseUnits, authorities)));
        CheckEnd(report);
        await FetchResultAsync(api, report, cancellationToken);
        await KeepEvidenceAsync(api, report, job, cancellationToken);
        foreach (var simulated in _simulated)
        {
            narrator.Warn(simulated);
        }

        return (report, _failures);
    }

    private async Task EnlistAsync(ApiClient api, CancellationToken cancellationToken)
    {
        await stack.EnlistAsync(api, cancellationToken);
        foreach (var agent in stack.Agents)
        {
            narrator.Step($"registered {agent.Plan.Name}: {agent.Id}, {agent.Plan.Offer.PricePerSecond} HYPER a second{(agent.Plan.Lies ? ", a simulated liar" : "")}");
            if (agent.Plan.Lies)
            {
                _simulated.Add("simulated-liar: the node signs a lie with its own proper key");
            }
        }

        if (scenario.Intervene is Intervention.SignWrongly or Intervention.Cancel || scenario.IntentLifetimeSeconds is not null)
        {
            return; // no node is needed
        }

        var started = time.GetTimestamp();
        foreach (var agent in stack.Agents)
        {
            while ((await api.NodeAsync(agent.Id.ToString(), cancellationToken)).LastSeenAt is null)
            {
                if (time.GetElapsedTime(started) > TimeSpan.FromSeconds(60))
                {
                    throw new CliException($"{agent.Plan.Name} gave no sign of life for a minute");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
            }
        }

        narrator.Step("every node has given its sign of life");
    }

    private async Task ApproveAsync(ChainView chain, Account payer, CancellationToken cancellationToken)
    {
        var (signature, replaced) = await chain.ApproveAllowanceAsync(payer, DemoJob.Amount.BaseUnits, time, cancellationToken);
        if (replaced is not null)
        {
            narrator.Warn($"this replaced an earlier delegate of the wallet's: {replaced}");
        }

        narrator.Good($"approved an allowance of {DemoJob.Amount} HYPER, once");
        narrator.Transaction(signature);
    }

    private async Task<DemoReport> SubmitAsync(ApiClient api, PreparedIntent prepared, JobSpec job, Account payer, CancellationToken cancellationToken)
    {
        if (scenario.Intervene == Intervention.SignWrongly)
        {
            return await SubmitWronglyAsync(api, prepared, job, cancellationToken);
        }

        await api.SubmitAsync(prepared, job, Agreement.By(payer, prepared, funding), cancellationToken);
        narrator.Good($"submitted {prepared.PaymentIntent.JobId}");
        return DemoReport.Of(await FollowAsync(api, prepared.PaymentIntent.JobId, cancellationToken));
    }

    /// <summary>Another key than the payer's signs. Nothing of it may be stored, here or on chain.</summary>
    private async Task<DemoReport> SubmitWronglyAsync(ApiClient api, PreparedIntent prepared, JobSpec job, CancellationToken cancellationToken)
    {
        using var stranger = new Account();
        var jobId = prepared.PaymentIntent.JobId;
        try
        {
            await api.SubmitAsync(prepared, job, WrongAgreement(stranger, prepared), cancellationToken);
        }
        catch (RefusedException refusal)
        {
            narrator.Good($"refused: {refusal.Message}");
            Demand(refusal.Status == 402, $"the API answered {refusal.Status} instead of 402");
            Demand(await IsUnknownAsync(api, jobId, cancellationToken), "the refused job was stored");
            return DemoReport.OfRefusal(jobId, refusal, time.GetUtcNow().ToUnixTimeMilliseconds());
        }

        Demand(false, "a stranger's signature was accepted");
        return DemoReport.Of(await api.JobAsync(jobId, cancellationToken));
    }

    private static Agreement WrongAgreement(Account stranger, PreparedIntent prepared)
    {
        if (prepared.Transaction is not { } transaction)
        {
            return new Agreement(Signature: ApiClient.Sign(stranger, prepared.Text));
        }

        // A count, the relayer's empty place, the payer's place.
        var bytes = Convert.FromBase64String(transaction.Base64);
        stranger.Sign(Transaction.Deserialize(bytes).MessageBytes.Span).CopyTo(bytes, 1 + Ed25519.SignatureLength);
        return new Agreement(Transaction: Convert.ToBase64String(bytes));
    }

    private static async Task<bool> IsUnknownAsync(ApiClient api, string jobId, CancellationToken cancellationToken)
    {
        try
        {
            await api.JobAsync(jobId, cancellationToken);
            return false;
        }
        catch (RefusedException e)
        {
            return e.Status == 404;
        }
    }

    private async Task<JobAnswer> FollowAsync(ApiClient api, string jobId, CancellationToken cancellationToken)
    {
        var intervened = false;
        var lines = 0;
        await foreach (var item in api.FollowAsync(jobId, cancellationToken))
        {
            if (item.Kind == "log")
            {
                lines += item.Stream == "stdout" ? 1 : 0;
                narrator.Log(item.Stream == "agent" ? "agent" : $"attempt {item.Attempt}", item.Text ?? "");
            }
            else
            {
                await _progress.ShowAsync(api, jobId, cancellationToken);
            }

            if (scenario.Intervene == Intervention.KillNode && !intervened && lines >= 2)
            {
                intervened = true;
                await KillAsync(api, jobId, cancellationToken);
            }

            if (scenario.Intervene == Intervention.Cancel && !intervened && item.State == JobStateNames.Matching)
            {
                intervened = true;
                await api.CancelAsync(jobId, cancellationToken);
                narrator.Warn("the payer cancels");
            }
        }

        return await _progress.ShowAsync(api, jobId, cancellationToken);
    }

    private async Task KillAsync(ApiClient api, string jobId, CancellationToken cancellationToken)
    {
        var node = (await api.JobAsync(jobId, cancellationToken)).NodeId;
        var agent = stack.Agents.Single(a => a.Id.ToString() == node);
        var how = await stack.KillAgentAsync(agent, cancellationToken);
        narrator.Warn($"{how}: {agent.Plan.Name} is dead, and says no word more");
        if (how == "simulated-kill")
        {
            _simulated.Add("simulated-kill: the agent's scope was dropped without clean-up and its container killed");
        }
    }

    private void CheckEnd(DemoReport report)
    {
        Demand(report.State == scenario.EndState, $"the job ended {report.State} instead of {scenario.EndState}");
        Demand(scenario.Outcome is null || report.Outcome == scenario.Outcome, $"its outcome is {report.Outcome} instead of {scenario.Outcome}");
        Demand(report.Attempt == scenario.Attempt, $"it ended in attempt {report.Attempt} instead of {scenario.Attempt}");
        Demand(report.State != JobStateNames.Paid || report.Refund > 0, "no remainder went back");
    }

    private async Task FetchResultAsync(ApiClient api, DemoReport report, CancellationToken cancellationToken)
    {
        if (report is not { State: JobStateNames.Paid, Outcome: nameof(Verdict.Succeeded) } || await _job.ExpectedAsync(cancellationToken) is not var (name, sha256))
        {
            return;
        }

        var list = await api.ResultsAsync(report.JobId, cancellationToken);
        var listed = list.Items.FirstOrDefault(f => f.Name == name);
        Demand(listed is not null, $"the job left no {name}");
        if (listed is null)
        {
            return;
        }

        var content = await api.ResultAsync(report.JobId, listed.Name, cancellationToken);
        Demand(Hash256.Of(content).ToString() == listed.Sha256, "the result is not the file that the API listed");
        var right = Hash256.Of(content) == sha256;
        Demand(right, $"the result is not the one that examples/{scenario.Job}/expected.sha256 names");
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(dataPath, "result")).FullName, listed.Name);
        await File.WriteAllBytesAsync(path, content, cancellationToken);
        if (right)
        {
            narrator.Good("the result is as expected");
        }

        narrator.Step($"result file: {path}");
    }

    private async Task KeepEvidenceAsync(ApiClient api, DemoReport report, JobSpec job, CancellationToken cancellationToken)
    {
        if (report is not { State: JobStateNames.Paid, Outcome: nameof(Verdict.Succeeded) or nameof(Verdict.JobFault) })
        {
            return;
        }

        var folder = Path.Combine(dataPath, "result");
        var wrong = await Evidence.KeepAsync(api, report.JobId, job, folder, cancellationToken);
        _failures.AddRange(wrong);
        if (wrong.Count == 0)
        {
            narrator.Good("the node's receipt holds: signature, job, log chain");
            narrator.Step($"check it yourself: ./hn receipt verify {Shell.Quote(Path.Combine(folder, "receipt.json"))} --artifacts {Shell.Quote(folder)} --logs {Shell.Quote(Path.Combine(folder, "logs.json"))} --job {Shell.Quote(Path.Combine(folder, "job.json"))}");
        }
    }

    private void Demand(bool holds, string otherwise)
    {
        if (!holds)
        {
            _failures.Add(otherwise);
        }
    }

    private static ClaimedSums Claimed(DemoReport r) => new(
        r.State, r.NodeId.Length == 0 ? null : r.NodeId, r.Amount, r.Charge, r.NodeShare, r.ProtocolFee, r.PlatformFee, r.Refund);

    /// <summary>Nothing can have been delivered before the last assignment or after the run's end.</summary>
    private static RunBound? BoundOf(DemoReport report)
    {
        var assigned = report.Transitions.LastOrDefault(t => t.State == JobStateNames.Assigned);
        var ended = report.Transitions.LastOrDefault(t => t.State is JobStateNames.Executed or JobStateNames.Verified);
        return assigned is null || ended is null
            ? null
            : new RunBound(AgentPlan.PricePerSecond, TimeSpan.FromMilliseconds(ended.At - assigned.At));
    }
}
