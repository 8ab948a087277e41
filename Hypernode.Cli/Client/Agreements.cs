using Hypernode.Solana;

namespace Hypernode.Cli.Client;

/// <summary>How a key of a file says yes.</summary>
public static class Agreements
{
    extension(Agreement)
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
            var toSign = Transaction.Deserialize(Convert.FromBase64String(transaction.Base64));
            return new Agreement(Transaction: Convert.ToBase64String(toSign.PartialSign(wallet).Serialize()));
        }
    }
}
