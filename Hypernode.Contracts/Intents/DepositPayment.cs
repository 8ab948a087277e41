using System.Globalization;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Intents;

/// <summary>
/// A payment that the payer agreed to by signing a plain transfer, as x402 clients make it, to the address of its terms. With
/// <see cref="PayerSignature"/> as text: <c>deposit:</c> mint, amount, transaction and signature, colons between them.
/// </summary>
/// <param name="Mint">What the payment is in: its escrow, its charge and its refund are in base units of this.</param>
/// <param name="Amount">Base units of the mint; the intent's own amount is what this was priced from.</param>
/// <param name="Transaction">Base64, signed by the payer; the fee payer's place is still empty.</param>
public sealed record DepositPayment(WalletAddress Mint, HyperAmount Amount, string Transaction)
{
    /// <summary>So long may the whole text be: a transaction has at most 1,232 bytes.</summary>
    internal const int MaxText = 2_000;

    internal const string Mark = "deposit";

    internal static DepositPayment? Parse(string mint, string amount, string transaction) =>
        WalletAddress.TryParse(mint, CultureInfo.InvariantCulture, out var address)
            && ulong.TryParse(amount, NumberStyles.None, CultureInfo.InvariantCulture, out var units)
            && transaction.Length > 0
            ? new DepositPayment(address, new HyperAmount(units), transaction)
            : null;

    /// <summary>SHA-256 of what the payer signed: however often and by whomever it is sent, it is one transfer.</summary>
    /// <exception cref="FormatException">No transaction.</exception>
    public Hash256 TransferHash()
    {
        const int signatureLength = 64;
        var bytes = System.Convert.FromBase64String(Transaction);
        var message = bytes.Length == 0 ? 0 : 1 + (bytes[0] * signatureLength);
        return message > 0 && message < bytes.Length ? Hash256.Of(bytes.AsSpan(message)) : throw new FormatException("no transaction");
    }

    internal string ToText(string signature) => string.Join(':', Mark, Mint, Amount.BaseUnits.ToString(CultureInfo.InvariantCulture), Transaction, signature);

    /// <summary>What a charge in HYPER is in the mint that the payment is in: in proportion, rounded up, never more than there is.</summary>
    /// <param name="authorized">The intent's amount, which <see cref="Amount"/> was priced from.</param>
    public HyperAmount Convert(HyperAmount charge, HyperAmount authorized)
    {
        if (charge >= authorized)
        {
            return Amount;
        }

        var units = (((UInt128)charge.BaseUnits * Amount.BaseUnits) + authorized.BaseUnits - 1) / authorized.BaseUnits; // 128 bits: no product of two u64 overflows
        return new HyperAmount((ulong)UInt128.Min(units, Amount.BaseUnits));
    }
}
