using Hypernode.MoneyModel.Model;

namespace Hypernode.MoneyModel.Runs;

/// <summary>Payments by transaction and by deposit: those that may be in another mint than HYPER.</summary>
internal sealed partial class Generator
{
    private static string TokensOf(string owner, string mint) => mint == "HYPER" ? $"{owner}.t" : $"{owner}.{mint.ToLowerInvariant()}";

    private AuthorizePayment ByTransaction(int id)
    {
        var (terms, payer) = TermsOf(id);
        var inUsdc = payer == "alice" && _random.Percent(30);
        if (inUsdc)
            terms = terms with { Amount = Amount(_state.Tokens["alice.usdc"].Amount) };
        return new AuthorizePayment(terms, payer, (long)terms.Expires / 1_000)
        {
            RentPayer = _state.Keys.Facilitator,
            PayerToken = inUsdc ? "alice.usdc" : $"{payer}.t",
            Payment = $"payment:{id}",
            Escrow = $"escrow:{id}",
            Mint = inUsdc ? "USDC" : "HYPER",
        };
    }

    /// <summary>What an x402 client does: its plain transfer lands at the address of the terms, exactly or not.</summary>
    private Step ByDeposit(int id)
    {
        var (terms, payer) = TermsOf(id);
        var mint = payer == "alice" ? _random.Pick("HYPER", "USDC", "USDC", "JUNK") : "HYPER";
        var amount = mint switch
        {
            "JUNK" => (ulong)_random.Between(1, 50),
            "USDC" => (ulong)_random.Between(1, 200_000_000),
            _ => Math.Max(1, terms.Amount),
        };
        var deposit = new DepositTerms(id, terms.Job, payer, mint, amount, terms.SettleBy);
        _deposits.Add(deposit);
        var paidIn = _random.Percent(90) ? mint : "HYPER";
        Add(new OpenDeposit(deposit.Name, paidIn));
        var paid = unchecked(deposit.Amount + (_random.Percent(70) ? 0 : _random.Pick<ulong>(1, 1_000_000, ulong.MaxValue)));
        Add(new Send(TokensOf(payer, paidIn), payer, deposit.TokensOf(paidIn), paid));
        return _random.Percent(70) ? Activation(deposit) : DepositStep(deposit);
    }

    private Step DepositStep(DepositTerms deposit) => _random.Below(10) switch
    {
        < 3 => Activation(deposit),
        < 4 => new OpenDeposit(deposit.Name, _random.Pick("HYPER", deposit.Mint)),
        < 6 => new Send("alice.t", "alice", deposit.TokensOf("HYPER"), _random.Pick<ulong>(1, deposit.Amount)),
        _ => new ReclaimDeposit(deposit.Id, deposit.Job, deposit.Amount, deposit.SettleBy)
        {
            Mint = deposit.Mint,
            Payer = deposit.Payer,
            Deposit = deposit.Name,
            DepositToken = Where(deposit),
            PayerToken = BackTo(deposit),
            Payment = $"payment:{deposit.Id}",
            Facilitator = _state.Keys.Facilitator,
        },
    };

    private ActivateIntent Activation(DepositTerms deposit) => new(deposit.Id, deposit.Job, deposit.Amount, deposit.SettleBy)
    {
        RentPayer = _state.Keys.Facilitator,
        Mint = deposit.Mint,
        Payer = deposit.Payer,
        Deposit = deposit.Name,
        DepositToken = Where(deposit),
        PayerToken = BackTo(deposit),
        Payment = $"payment:{deposit.Id}",
        Escrow = $"escrow:{deposit.Id}",
    };

    /// <summary>The one of its token accounts that is there, if any.</summary>
    private string Where(DepositTerms deposit) => deposit.TokensOf(
        State.Mints.FirstOrDefault(mint => _state.Tokens.ContainsKey(deposit.TokensOf(mint))) ?? deposit.Mint);

    private string BackTo(DepositTerms deposit) =>
        TokensOf(deposit.Payer, _state.Tokens.TryGetValue(Where(deposit), out var held) ? held.Mint : deposit.Mint);
}
