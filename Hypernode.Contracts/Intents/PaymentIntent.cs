using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Intents;

/// <summary>
/// A wallet's signed promise to pay for one job (white paper §3.2). The text it signs names id, job, amount, times and
/// nonce; the nonce commits to everything else (<see cref="IntentNonce"/>).
/// </summary>
/// <param name="IntentId">Also the seed of the accounts on chain.</param>
/// <param name="Client">The payer's wallet.</param>
/// <param name="Amount">The most that the job may cost.</param>
/// <param name="Timestamp">When it was made, ms since the epoch.</param>
/// <param name="ExpiresAt">authorize_by: until when the escrow may be locked, ms since the epoch.</param>
/// <param name="Nonce">32 bytes, 64 hex characters.</param>
public sealed record PaymentIntent(
    IntentId IntentId,
    WalletAddress Client,
    HyperAmount Amount,
    JobId JobId,
    long Timestamp,
    long ExpiresAt,
    Hash256 Nonce)
{
    /// <summary>The message to sign, in its one canonical rendering: no trailing newline, times with three digits of milliseconds, lower-case hex.</summary>
    public string ToSigningText() => string.Join(
        '\n',
        "HYPERNODE Payment Intent",
        "",
        $"Intent ID: {IntentId}",
        $"Job ID: {JobId}",
        $"Amount: {Amount} HYPER",
        $"Timestamp: {Iso(Timestamp)}",
        $"Expires: {Iso(ExpiresAt)}",
        $"Nonce: {Nonce}",
        "",
        "By signing this message, you authorize this payment.");

    private static string Iso(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'");
}
