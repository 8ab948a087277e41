using Hypernode.Cli.Client;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Cli.Jobs.Files;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>What a payer needs of the world to have jobs done: the API, the chain that it is held against, and the wallet that signs.</summary>
internal interface IMarket
{
    /// <summary>Stores inputs; storing what is there already changes nothing.</summary>
    Task UploadAsync(IReadOnlyList<Upload> uploads, CancellationToken cancellationToken);

    /// <summary>What the wallet could pay now.</summary>
    Task<Funds> FundsAsync(CancellationToken cancellationToken);

    /// <summary>A payment for this job, checked and signed. Nothing was sent, and nothing is owed, until it is submitted.</summary>
    /// <exception cref="RefusedException">The API does not want such a job.</exception>
    Task<Signed> SignAsync(HyperAmount amount, JobSpec job, CancellationToken cancellationToken);

    /// <summary>The same again is the same job, paid once.</summary>
    /// <exception cref="RefusedException">The API said no. Any other failure leaves it open whether it arrived.</exception>
    Task SubmitAsync(Signed signed, CancellationToken cancellationToken);

    /// <returns>Null: the API knows no such job of the wallet's.</returns>
    Task<JobAnswer?> FindAsync(string jobId, CancellationToken cancellationToken);

    /// <summary>Whether the chain has, or had, this payment's escrow.</summary>
    Task<bool> IsOnChainAsync(string intentId, CancellationToken cancellationToken);

    /// <exception cref="RefusedException">It is too late, for one.</exception>
    Task CancelAsync(string jobId, CancellationToken cancellationToken);

    /// <summary>What a paid job left, by the receipt that its node signed for this very job, and that the chain paid for.</summary>
    /// <exception cref="CliException">The receipt does not hold, or the chain knows nothing of it.</exception>
    Task<IReadOnlyList<Artifact>> ArtifactsAsync(Signed signed, CancellationToken cancellationToken);

    Task<byte[]> ResultAsync(string jobId, string name, CancellationToken cancellationToken);
}

/// <param name="Hyper">What the wallet holds.</param>
/// <param name="Spendable">How much of it can be paid in the way that was chosen: an allowance may be less.</param>
internal sealed record Funds(HyperAmount Hyper, HyperAmount Spendable);

/// <summary>A signed payment: all that a submission needs, so that it can be sent again word for word.</summary>
internal sealed record Signed(JobSpec Job, PreparedIntent Prepared, Agreement Agreement)
{
    public string JobId => Prepared.PaymentIntent.JobId;

    public string IntentId => Prepared.PaymentIntent.IntentId;

    /// <summary>After this no escrow takes it any more.</summary>
    public DateTimeOffset ExpiresAt => DateTimeOffset.FromUnixTimeMilliseconds(Prepared.PaymentIntent.ExpiresAt);
}
