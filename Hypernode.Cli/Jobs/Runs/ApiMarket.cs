using System.Net;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Cli.Receipts;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Solana;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>The API, signed in to, and the chain beside it.</summary>
internal sealed class ApiMarket(ApiClient api, ChainView chain, Account wallet, Funding funding, TimeProvider time) : IMarket
{
    private const int MaxTries = 40;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public Task UploadAsync(IReadOnlyList<Upload> uploads, CancellationToken cancellationToken) => JobFile.UploadAsync(api, uploads, cancellationToken);

    public async Task<Funds> FundsAsync(CancellationToken cancellationToken)
    {
        var held = await chain.TokensAsync(wallet.PublicKey, cancellationToken);
        var hyper = held?.Amount ?? 0;
        var ours = held?.Delegate is { } to && to == chain.Program.AllowanceAddress(wallet.PublicKey);
        return new Funds(new HyperAmount(hyper), new HyperAmount(funding == Funding.Transaction ? hyper : ours ? Math.Min(hyper, held!.DelegatedAmount) : 0));
    }

    public async Task<Signed> SignAsync(HyperAmount amount, JobSpec job, CancellationToken cancellationToken)
    {
        var (prepared, _) = await CheckedIntent.PrepareAsync(api, chain, wallet.PublicKey, amount, job, funding, time, cancellationToken);
        return new Signed(job, prepared, Agreement.By(wallet, prepared, funding));
    }

    public Task SubmitAsync(Signed signed, CancellationToken cancellationToken) => api.SubmitAsync(signed.Prepared, signed.Job, signed.Agreement, cancellationToken);

    public async Task<JobAnswer?> FindAsync(string jobId, CancellationToken cancellationToken)
    {
        try
        {
            return await SignedInAsync(() => api.JobAsync(jobId, cancellationToken), cancellationToken);
        }
        catch (RefusedException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public async Task<bool> IsOnChainAsync(string intentId, CancellationToken cancellationToken) =>
        await chain.PaymentAsync(IntentId.Parse(intentId).Value, cancellationToken) is not null;

    public Task CancelAsync(string jobId, CancellationToken cancellationToken) => SignedInAsync(
        async () =>
        {
            await api.CancelAsync(jobId, cancellationToken);
            return true;
        },
        cancellationToken);

    public async Task<IReadOnlyList<Artifact>> ArtifactsAsync(Signed signed, CancellationToken cancellationToken)
    {
        var file = ReceiptFile.Parse(await SignedInAsync(() => api.ReceiptAsync(signed.JobId, cancellationToken), cancellationToken));
        var findings = ReceiptCheck.OfReceipt(file, expectedKey: null).Concat(ReceiptCheck.OfJob(file.Receipt, signed.Job));
        if (findings.FirstOrDefault(f => !f.Ok) is { } wrong)
        {
            throw new CliException($"{signed.JobId}: the receipt's {wrong.Check}: {wrong.Detail}");
        }

        // The API may say so a moment before the node that we ask has the block.
        var problem = await ProblemAsync();
        for (var tries = 0; tries < MaxTries && problem is not null; tries++)
        {
            await Task.Delay(Pause, time, cancellationToken);
            problem = await ProblemAsync();
        }

        return problem is null ? file.Receipt.Artifacts : throw new CliException($"{signed.JobId}: {problem}");

        async Task<string?> ProblemAsync() => PaidReceipt.Problem(
            file.Receipt, signed, await chain.PaymentAsync(IntentId.Parse(signed.IntentId).Value, cancellationToken), time.GetUtcNow());
    }

    public Task<byte[]> ResultAsync(string jobId, string name, CancellationToken cancellationToken) =>
        SignedInAsync(() => api.ResultAsync(jobId, name, cancellationToken), cancellationToken);

    /// <summary>A run may outlive its session.</summary>
    private async Task<T> SignedInAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask();
        }
        catch (RefusedException e) when (e.Status == (int)HttpStatusCode.Unauthorized)
        {
            await api.SignInAsync(wallet, cancellationToken);
            return await ask();
        }
    }
}
