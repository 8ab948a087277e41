using Hypernode.Api.Facilitator;
using Hypernode.Api.Http;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.X402;

/// <summary>
/// Some clients (x402-fetch 1.2) simulate their transfer before they sign it, which fails while its account is not there. A quote
/// opens none. Who asks for it (<c>Prefer: open-account</c>), is signed in as the very payer, and holds the amount, gets it opened: a
/// bounded number at a time, noted first, and reclaimed when nothing comes.
/// </summary>
internal sealed class AccountOpenings(IDeposits deposits, IDepositBook book, TimeProvider time, IOptions<X402Options> options)
{
    public const string Preference = "open-account";
    private const int RetrySeconds = 5;

    /// <returns>How many are open now of those that were quoted.</returns>
    /// <exception cref="RefusedException">503: the chain can't be asked now.</exception>
    public async Task<int> OpenAsync(HttpRequest request, Submission submission, IReadOnlyList<Quote> quotes, CancellationToken cancellationToken)
    {
        var asked = request.Headers["Prefer"].Any(p => p is not null && p.Split(',').Any(t => t.Trim().Equals(Preference, StringComparison.OrdinalIgnoreCase)));
        if (!asked || Caller.FindWallet(request.HttpContext.User) != submission.Intent.Client)
        {
            return 0;
        }

        try
        {
            var opened = 0;
            foreach (var quote in quotes)
            {
                opened += await OpenAsync(quote, cancellationToken) ? 1 : 0;
            }

            return opened;
        }
        catch (IOException)
        {
            throw new RefusedException(new Problem(
                "chain-unavailable", StatusCodes.Status503ServiceUnavailable, "no account can be opened now: ask again", RetryAfterSeconds: RetrySeconds));
        }
    }

    private async Task<bool> OpenAsync(Quote quote, CancellationToken cancellationToken)
    {
        var (most, all) = (options.Value.OpenAccountsPerWallet, options.Value.OpenAccounts);
        if (!await deposits.HasFundsAsync(quote.Terms, cancellationToken)
            || !await book.NoteOpeningAsync(quote.Terms, time.GetUtcNow(), most, all, cancellationToken))
        {
            return false;
        }

        await deposits.OpenAsync(quote.Terms, cancellationToken);
        return true;
    }
}
