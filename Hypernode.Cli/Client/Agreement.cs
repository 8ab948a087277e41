using Hypernode.Solana;

namespace Hypernode.Cli.Client;

/// <summary>What a wallet signs to pay for a job.</summary>
public enum Funding
{
    /// <summary>The intent's text; the wallet has approved its allowance before, once.</summary>
    Intent,

    /// <summary>A transaction that carries the text; no allowance is needed.</summary>
    Transaction,
}

/// <summary>The wallet's yes to a prepared intent: one of the two.</summary>
/// <param name="Signature">Over the text, base58.</param>
/// <param name="Transaction">Signed, base64.</param>
public sealed record Agreement(string? Signature = null, string? Transaction = null)
{
    /// <summary>
    /// Signs what was asked for, whatever else the API has sent along: only that was checked (<see cref="CheckedIntent"/>).
    /// </summary>
    /// <exception cref="CliException">A transaction was asked for, and there is none.</exception>
    public static Agreement By(Account wallet, PreparedIntent prepared, Funding funding)
    {
        if (funding == Funding.Intent)
        {
            return new Agreement(Signature: ApiClient.Sign(wallet, prepared.Text));
        }

        var transaction = prepared.Transaction ?? throw new CliException("the API prepared no transaction");
        var toSign = Solana.Transaction.Deserialize(Convert.FromBase64String(transaction.Base64));
        return new Agreement(Transaction: Convert.ToBase64String(toSign.PartialSign(wallet).Serialize()));
    }
}
