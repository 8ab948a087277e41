namespace Hypernode.MoneyModel.Model;

/// <summary>
/// The facilitator's money on one page: who may move what, when, and what is said to those who may not. Written from the
/// description of the programs, not from their code; plain integers, every sum checked. The order of the checks is part of
/// it, for the chain must refuse with the very same error.
/// </summary>
internal sealed partial class Money(State state, Rules rules)
{
    private const string Hyper = "HYPER";

    /// <summary>Applies the step, or gives the error; a refused step changes nothing.</summary>
    public string? Apply(Step step)
    {
        try
        {
            Do(step);
            return null;
        }
        catch (Refused refused)
        {
            return refused.Error;
        }
    }

    private void Do(Step step)
    {
        switch (step)
        {
            case SetClock s: state.Now = s.To; break;
            case Approve s: Approve(s); break;
            case HandOver s: HandOver(s); break;
            case Send s: Send(s); break;
            case Prefund s: state.Pay("stranger", s.To, s.Lamports); break;
            case AuthorizeIntent s: AuthorizeIntent(s); break;
            case AuthorizePayment s: AuthorizePayment(s); break;
            case OpenDeposit s: OpenDeposit(s); break;
            case ActivateIntent s: ActivateIntent(s); break;
            case ReclaimDeposit s: ReclaimDeposit(s); break;
            case AssignNode s: AssignNode(s); break;
            case SubmitUsageProof s: SubmitUsageProof(s); break;
            case RefundFailed s: RefundFailed(s); break;
            case Cancel s: Cancel(s); break;
            case RefundExpired s: RefundExpired(s); break;
            case CloseIntent s: CloseIntent(s); break;
            case SetPaused s: SetPaused(s); break;
            case ProposeRotation s: ProposeRotation(s); break;
            case WithdrawRotation s: WithdrawRotation(s); break;
            case ApplyRotation s: ApplyRotation(s); break;
            default: throw new InvalidOperationException($"no rule for {step.GetType().Name}");
        }
    }

    // ---- a payment begins

    private void AuthorizeIntent(AuthorizeIntent s)
    {
        RequirePrecompile(s.Signatures);
        LoadConfig(s.Config);
        Require(s.Mint == Hyper, "ConstraintAddress");
        RequireOpening(s, s.Terms.Id);
        Require(s.Sysvar == "sysvar", "ConstraintAddress");
        Require(s.Signatures is { By.Count: 1 }, "SignatureMissing");
        Require(s.Signatures!.Layout != Layout.Elsewhere, "SignatureOffsets");
        var payer = s.Signatures.By[0];
        Require(s.Terms.Timestamp <= rules.LastMs && s.Terms.Expires <= rules.LastMs, "TimestampOutOfRange");
        Require(s.Text == new SignedText(s.Terms, payer), "TextMismatch");

        Require(s.Terms.Amount > 0, "ZeroAmount");
        var nowMs = (ulong)state.Now * 1_000;
        Require(s.Terms.Expires > nowMs, "PaymentExpired");
        Require(s.Terms.Timestamp < s.Terms.Expires && s.Terms.Expires - s.Terms.Timestamp <= rules.MaxLifetimeMs, "TimestampOutOfRange");
        Require(s.Terms.Timestamp <= nowMs + rules.MaxSkewMs, "TimestampOutOfRange");
        var expiresAt = (long)(s.Terms.Expires / 1_000);
        RequireSettleBy(expiresAt, s.Terms.SettleBy);
        var tokens = RequirePayersTokens(s.PayerToken, payer, s.Mint);
        Require(s.Allowance == $"allowance:{payer}", "ConstraintSeeds");
        Require(tokens.Delegate == s.Allowance, "AllowanceMissing");
        Require(tokens.Allowed >= s.Terms.Amount && tokens.Amount >= s.Terms.Amount, "AllowanceTooSmall");

        var left = tokens.Allowed - s.Terms.Amount;
        state.Tokens[s.PayerToken] = tokens with { Allowed = left, Delegate = left == 0 ? null : tokens.Delegate };
        Lock(s, s.PayerToken, new Payment(s.Terms.Id, payer, s.RentPayer, s.Mint, s.Terms.Amount, "intent", state.Now, expiresAt, s.Terms.SettleBy, 0));
    }

    private void AuthorizePayment(AuthorizePayment s)
    {
        LoadConfig(s.Config);
        RequireOpening(s, s.Terms.Id);
        Require(s.Unsigned != s.Payer, "AccountNotSigner");
        Require(s.Terms.Amount > 0, "ZeroAmount");
        Require(s.ExpiresAt > state.Now, "PaymentExpired");
        Require(s.ExpiresAt - state.Now <= (long)rules.MaxLifetimeMs / 1_000, "TimestampOutOfRange");
        RequireSettleBy(s.ExpiresAt, s.Terms.SettleBy);
        var tokens = RequirePayersTokens(s.PayerToken, s.Payer, s.Mint);
        Require(tokens.Amount >= s.Terms.Amount, "AllowanceTooSmall");
        Lock(s, s.PayerToken, new Payment(s.Terms.Id, s.Payer, s.RentPayer, s.Mint, s.Terms.Amount, "transaction", state.Now, s.ExpiresAt, s.Terms.SettleBy, 0));
    }

    private void RequireOpening(Opening s, int id)
    {
        Require(!state.Paused, "IntakePaused");
        Require(s.TokenProgram == "tokenProgram", "InvalidProgramId");
        Require(state.Accepted(s.Mint) is not null, "MintNotAccepted");
        Require(s.Unsigned != s.RentPayer, "AccountNotSigner");
        Require(s.RentPayer == state.Keys.Facilitator, "UnauthorizedFacilitator");
        Require(s.Payment == $"payment:{id}" && s.Escrow == $"escrow:{id}", "ConstraintSeeds");
        Require(!state.Payments.ContainsKey(s.Payment), "InvalidPaymentStatus");
    }

    private void RequireSettleBy(long expiresAt, long settleBy) =>
        Require(settleBy > state.Now && settleBy >= expiresAt && settleBy - state.Now <= rules.MaxSettleAhead, "TimestampOutOfRange");

    private Tokens RequirePayersTokens(string name, string payer, string mint)
    {
        var tokens = LoadTokens(name);
        Require(tokens.Owner == payer && tokens.Mint == mint, "PayerMismatch");
        return tokens;
    }

    private void Lock(Opening s, string from, Payment payment)
    {
        state.TopUp(s.RentPayer, s.Payment, state.Rents.Payment);
        state.TopUp(s.RentPayer, s.Escrow, state.Rents.Escrow);
        state.Tokens[s.Escrow] = new Tokens(payment.Mint, s.Payment, 0);
        state.Move(from, s.Escrow, payment.Amount);
        state.Payments[s.Payment] = payment with { ClosableAt = Math.Max(payment.SettleBy, payment.ExpiresAt + 1) };
    }

    // ---- a deposit becomes a payment, or goes back

    private void OpenDeposit(OpenDeposit s)
    {
        if (state.Tokens.ContainsKey(s.Account))
            return;
        state.TopUp("relayer", s.Account, state.Rents.Escrow);
        state.Tokens[s.Account] = new Tokens(s.Mint, s.Deposit, 0);
    }

    private void ActivateIntent(ActivateIntent s)
    {
        LoadConfig(s.Config);
        RequireOpening(s, s.Id);
        Require(s.Amount > 0, "ZeroAmount");
        Require(s.SettleBy > state.Now, "PaymentExpired");
        Require(s.SettleBy - state.Now <= rules.MaxSettleAhead, "TimestampOutOfRange");
        var held = LoadDeposit(s.TokenProgram, s.Deposit, s.DepositToken, new DepositTerms(s.Id, s.Job, s.Payer, s.Mint, s.Amount, s.SettleBy));
        Require(held.Mint == s.Mint, "ConstraintTokenMint");
        Require(held.Amount >= s.Amount, "DepositTooSmall");
        var excess = held.Amount - s.Amount;
        if (excess > 0)
            RequirePayersTokens(s.PayerToken, s.Payer, s.Mint);

        Lock(s, s.DepositToken, new Payment(s.Id, s.Payer, s.RentPayer, s.Mint, s.Amount, "deposit", state.Now, s.SettleBy, s.SettleBy, 0));
        EndDeposit(s.DepositToken, s.PayerToken, excess, s.RentPayer);
    }

    private void ReclaimDeposit(ReclaimDeposit s)
    {
        LoadConfig(s.Config);
        var held = LoadDeposit(s.TokenProgram, s.Deposit, s.DepositToken, new DepositTerms(s.Id, s.Job, s.Payer, s.Mint, s.Amount, s.SettleBy));
        Require(s.Facilitator == state.Keys.Facilitator, "ConstraintAddress");
        Require(s.Payment == $"payment:{s.Id}", "ConstraintSeeds");
        var timely = s.SettleBy > state.Now && s.SettleBy - state.Now <= rules.MaxSettleAhead;
        var mayStillBePaid = held.Mint == s.Mint && state.Accepted(s.Mint) is not null && !state.Payments.ContainsKey(s.Payment) && s.Amount > 0 && timely;
        Require(!mayStillBePaid, "NotYetReclaimable");
        if (held.Amount > 0)
            RequirePayersTokens(s.PayerToken, s.Payer, held.Mint);
        EndDeposit(s.DepositToken, s.PayerToken, held.Amount, s.Facilitator);
    }

    private Tokens LoadDeposit(string tokenProgram, string deposit, string depositToken, DepositTerms terms)
    {
        Require(tokenProgram == "tokenProgram", "InvalidProgramId");
        Require(deposit == terms.Name, "ConstraintSeeds");
        var held = LoadTokens(depositToken);
        Require(held.Owner == deposit, "ConstraintTokenOwner");
        return held;
    }

    private void EndDeposit(string depositToken, string payerToken, ulong back, string facilitator)
    {
        if (back > 0)
            state.Move(depositToken, payerToken, back);
        state.Tokens.Remove(depositToken);
        state.Pay(depositToken, facilitator, state.Lamports[depositToken]);
    }

    // ---- a payment is worked on

    private void AssignNode(AssignNode s)
    {
        LoadConfig(s.Config);
        Require(s.Unsigned != s.Assigner, "AccountNotSigner");
        Require(s.Assigner == state.Keys.Assigner, "UnauthorizedAssigner");
        var payment = LoadPending(s.Payment, s);
        Require(state.Now < payment.SettleBy, "PaymentExpired");
        Require(s.Attempt > payment.Attempt || !rules.AttemptsRise, "AttemptNotRising");
        Require(s.Node != "nobody", "NodeNotAssigned");
        state.Payments[s.Payment] = payment with { Attempt = s.Attempt, Node = s.Node };
    }

    // ---- a payment ends

    private void SubmitUsageProof(SubmitUsageProof s)
    {
        RequirePrecompile(s.Signatures);
        LoadConfig(s.Config);
        var payment = LoadPending(s.Payment, s);
        Require(state.Now < payment.SettleBy, "PaymentExpired");
        Require(payment.Attempt > 0, "NodeNotAssigned");
        Require(s.Attempt == payment.Attempt, "AttestationMismatch");
        Require(s.Charge >= 1 && s.Charge <= payment.Amount, "ChargeOutOfRange");
        Require(s.Verdict <= 2, "AttestationMismatch");
        Require(s.Verdict == 2 || (s.Execution != 0 && s.Logs != 0), "InvalidHashFormat");
        var expected = new Usage(payment.Id, s.Attempt, payment.Node!, s.Verdict, s.Charge, s.Execution, s.Logs, s.ValidUntil);
        RequireQuorum(s.Sysvar, s.Signatures, s.Said, expected);
        RequireAttestationTime(s.ValidUntil);
        var held = RequireClosing(s, payment);
        var node = LoadTokens(s.NodeToken);
        Require(node.Owner == payment.Node, "ConstraintTokenOwner");
        Require(node.Mint == payment.Mint, "ConstraintTokenMint");
        Require(s.NodeToken != s.Escrow, "ConstraintTokenOwner");
        var vaults = state.Accepted(payment.Mint);
        Require(s.ProtocolVault == vaults!.ProtocolVault && s.PlatformVault == vaults.PlatformVault, "ConstraintAddress");

        var (protocol, platform) = (s.Charge / rules.ProtocolDivisor, s.Charge / rules.PlatformDivisor);
        state.Move(s.Escrow, s.NodeToken, s.Charge - protocol - platform);
        state.Move(s.Escrow, s.ProtocolVault, protocol);
        state.Move(s.Escrow, s.PlatformVault, platform);
        state.Move(s.Escrow, s.PayerToken, held - s.Charge);
        End(s, payment with { Status = Status.Completed, VerifiedAt = state.Now, Charge = s.Charge });
    }

    private void RefundFailed(RefundFailed s)
    {
        RequirePrecompile(s.Signatures);
        LoadConfig(s.Config);
        var payment = LoadPending(s.Payment, s);
        Require(s.Attempt == payment.Attempt, "AttestationMismatch");
        RequireQuorum(s.Sysvar, s.Signatures, s.Said, new Failure(payment.Id, s.Attempt, s.Reason, s.ValidUntil));
        RequireAttestationTime(s.ValidUntil);
        Refund(s, payment);
    }

    private void Cancel(Cancel s)
    {
        LoadConfig(s.Config);
        var payment = LoadPending(s.Payment, s);
        Require(s.Unsigned != s.Authority, "AccountNotSigner");
        Require(s.Authority == payment.Payer || s.Authority == state.Keys.Facilitator, "UnauthorizedCancel");
        Require(payment.Attempt == 0, "AlreadyAssigned");
        Refund(s, payment);
    }

    private void RefundExpired(RefundExpired s)
    {
        LoadConfig(s.Config);
        var payment = LoadPending(s.Payment, s);
        Require(state.Now >= payment.SettleBy + rules.RefundGrace, "NotYetRefundable");
        Refund(s, payment);
    }

    private void Refund(Closing s, Payment payment)
    {
        state.Move(s.Escrow, s.PayerToken, RequireClosing(s, payment));
        End(s, payment with { Status = Status.Refunded });
    }

    /// <summary>The escrow's balance.</summary>
    private ulong RequireClosing(Closing s, Payment payment)
    {
        Require(s.TokenProgram == "tokenProgram", "InvalidProgramId");
        Require(s.Mint == payment.Mint, "ConstraintAddress");
        Require(s.RentPayer == payment.RentPayer, "ConstraintHasOne");
        Require(s.Escrow == $"escrow:{payment.Id}", "ConstraintSeeds");
        RequirePayersTokens(s.PayerToken, payment.Payer, payment.Mint);
        return LoadTokens(s.Escrow).Amount;
    }

    private void End(Closing s, Payment payment)
    {
        state.Tokens.Remove(s.Escrow);
        state.Pay(s.Escrow, s.RentPayer, state.Lamports[s.Escrow]);
        state.Payments[s.Payment] = payment with { ClosableAt = Math.Max(payment.ClosableAt, state.Now + rules.MaxAttestationAhead) };
    }

    private void CloseIntent(CloseIntent s)
    {
        Require(s.ReadOnly is not ("payment" or "rentPayer"), "ConstraintMut");
        var payment = LoadPayment(s.Payment);
        Require(payment.Status != Status.Pending, "InvalidPaymentStatus");
        Require(state.Now >= payment.ClosableAt, "NotYetClosable");
        Require(s.RentPayer == payment.RentPayer || !rules.RentGoesBack, "ConstraintHasOne");
        state.Payments.Remove(s.Payment);
        state.Pay(s.Payment, s.RentPayer, state.Lamports[s.Payment]);
    }

    // ---- signatures and times

    /// <summary>The runtime itself refuses a signature that is not its key's.</summary>
    private static void RequirePrecompile(Signatures? signatures) => Require(signatures is not { Forged: true, By.Count: > 0 }, "Precompile");

    private void RequireQuorum(string sysvar, Signatures? signatures, Statement said, Statement expected)
    {
        Require(sysvar == "sysvar", "ConstraintAddress");
        Require(signatures is not null, "SignatureMissing");
        var by = signatures!.By;
        Require(by.Count >= state.Keys.Threshold && by.Count <= 5, "QuorumNotReached");
        Require(signatures.Layout != Layout.Elsewhere, "SignatureOffsets");
        Require(said.Equals(expected), "AttestationMismatch");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var oracle in by)
        {
            Require(seen.Count == 0 || signatures.Layout == Layout.Shared, "AttestationMismatch");
            Require(state.Keys.Oracles.Contains(oracle) && seen.Add(oracle), "UnauthorizedOracle");
        }
    }

    private void RequireAttestationTime(long validUntil)
    {
        Require(state.Now < validUntil, "AttestationExpired");
        Require(validUntil - state.Now <= rules.MaxAttestationAhead, "TimestampOutOfRange");
    }

    private static void Require(bool condition, string error)
    {
        if (!condition)
            throw new Refused(error);
    }
}
