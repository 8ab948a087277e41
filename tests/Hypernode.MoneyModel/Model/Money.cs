namespace Hypernode.MoneyModel.Model;

/// <summary>
/// The facilitator's money on one page: who may move what, when, and what is said to those who may not. Written from the
/// description of the programs, not from their code; plain integers, every sum checked. The order of the checks is part of
/// it, for the chain must refuse with the very same error.
/// </summary>
internal sealed class Money(State state, Rules rules)
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
        var tokens = RequirePayersTokens(s.PayerToken, payer);
        Require(s.Allowance == $"allowance:{payer}", "ConstraintSeeds");
        Require(tokens.Delegate == s.Allowance, "AllowanceMissing");
        Require(tokens.Allowed >= s.Terms.Amount && tokens.Amount >= s.Terms.Amount, "AllowanceTooSmall");

        var left = tokens.Allowed - s.Terms.Amount;
        state.Tokens[s.PayerToken] = tokens with { Allowed = left, Delegate = left == 0 ? null : tokens.Delegate };
        Lock(s, payer, s.Terms, expiresAt, "intent");
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
        var tokens = RequirePayersTokens(s.PayerToken, s.Payer);
        Require(tokens.Amount >= s.Terms.Amount, "AllowanceTooSmall");
        Lock(s, s.Payer, s.Terms, s.ExpiresAt, "transaction");
    }

    private void RequireOpening(Opening s, int id)
    {
        Require(!state.Paused, "IntakePaused");
        Require(s.TokenProgram == "tokenProgram", "InvalidProgramId");
        Require(s.Mint == Hyper, "ConstraintAddress");
        Require(s.Unsigned != s.RentPayer, "AccountNotSigner");
        Require(s.RentPayer == state.Keys.Facilitator, "UnauthorizedFacilitator");
        Require(s.Payment == $"payment:{id}" && s.Escrow == $"escrow:{id}", "ConstraintSeeds");
        Require(!state.Payments.ContainsKey(s.Payment), "InvalidPaymentStatus");
    }

    private void RequireSettleBy(long expiresAt, long settleBy) =>
        Require(settleBy > state.Now && settleBy >= expiresAt && settleBy - state.Now <= rules.MaxSettleAhead, "TimestampOutOfRange");

    private Tokens RequirePayersTokens(string name, string payer)
    {
        var tokens = LoadTokens(name);
        Require(tokens.Owner == payer && tokens.Mint == Hyper, "PayerMismatch");
        return tokens;
    }

    private void Lock(Opening s, string payer, Terms terms, long expiresAt, string via)
    {
        state.TopUp(s.RentPayer, s.Payment, state.Rents.Payment);
        state.TopUp(s.RentPayer, s.Escrow, state.Rents.Escrow);
        state.Tokens[s.Escrow] = new Tokens(Hyper, s.Payment, 0);
        state.Move(s.PayerToken, s.Escrow, terms.Amount);
        state.Payments[s.Payment] = new Payment(
            terms.Id, payer, s.RentPayer, terms.Amount, via, state.Now, expiresAt, terms.SettleBy, Math.Max(terms.SettleBy, expiresAt + 1));
    }

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
        Require(node.Mint == Hyper, "ConstraintTokenMint");
        Require(s.NodeToken != s.Escrow, "ConstraintTokenOwner");
        Require(s.ProtocolVault == state.Keys.ProtocolVault && s.PlatformVault == state.Keys.PlatformVault, "ConstraintAddress");

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
        Require(s.Mint == Hyper, "ConstraintAddress");
        Require(s.RentPayer == payment.RentPayer, "ConstraintHasOne");
        Require(s.Escrow == $"escrow:{payment.Id}", "ConstraintSeeds");
        RequirePayersTokens(s.PayerToken, payment.Payer);
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

    // ---- the upgrade authority's

    private void SetPaused(SetPaused s)
    {
        Require(s.ReadOnly != "config", "ConstraintMut");
        RequireUpgradeAuthority(s, s.By, s.ProgramData);
        LoadConfig(s.Config);
        state.Paused = s.Paused;
    }

    private void ProposeRotation(ProposeRotation s)
    {
        LoadConfig(s.Config);
        RequireUpgradeAuthority(s, s.By, s.ProgramData);
        RequireVaults(s.Keys.ProtocolVault, s.Keys.PlatformVault);
        Require(s.ReadOnly != "rotation", "ConstraintMut");
        Require(s.Rotation == "rotation", "ConstraintSeeds");
        var distinct = s.Keys.Oracles.Distinct(StringComparer.Ordinal).Count() == 5 && !s.Keys.Oracles.Contains("nobody");
        var named = s.Keys.Facilitator != "nobody" && s.Keys.Assigner != "nobody";
        Require(distinct && named && s.Keys.Threshold is >= 3 and <= 5, "InvariantViolated");
        if (state.Rotation is null)
            state.TopUp(s.By, "rotation", state.Rents.Rotation);
        state.Rotation = new Rotation(state.Rotation?.RentPayer ?? s.By, state.Now + rules.RotationDelay, s.Keys);
    }

    private void WithdrawRotation(WithdrawRotation s)
    {
        RequireUpgradeAuthority(s, s.By, s.ProgramData);
        var rotation = LoadRotation(s.Rotation);
        Require(s.RentPayer == rotation.RentPayer, "ConstraintHasOne");
        EndRotation(s, s.RentPayer);
    }

    private void ApplyRotation(ApplyRotation s)
    {
        Require(s.ReadOnly != "config", "ConstraintMut");
        LoadConfig(s.Config);
        var rotation = LoadRotation(s.Rotation);
        Require(state.Now >= rotation.DueAt, "RotationNotDue");
        Require(s.RentPayer == rotation.RentPayer, "ConstraintHasOne");
        Require(s.ProtocolVault == rotation.Keys.ProtocolVault && s.PlatformVault == rotation.Keys.PlatformVault, "ConstraintAddress");
        RequireVaults(s.ProtocolVault, s.PlatformVault);
        EndRotation(s, s.RentPayer);
        state.Keys = rotation.Keys;
    }

    private void EndRotation(Step s, string rentPayer)
    {
        Require(s.ReadOnly is not ("rotation" or "rentPayer"), "ConstraintMut");
        state.Rotation = null;
        state.Pay("rotation", rentPayer, state.Lamports["rotation"]);
    }

    private void RequireVaults(string protocol, string platform)
    {
        Require(LoadTokens(protocol).Mint == Hyper, "ConstraintTokenMint");
        Require(LoadTokens(platform).Mint == Hyper, "ConstraintTokenMint");
    }

    private static void RequireUpgradeAuthority(Step s, string by, string programData)
    {
        Require(s.Unsigned != by, "AccountNotSigner");
        Require(programData == "programData", "ConstraintSeeds");
        Require(by == "authority", "UnauthorizedUpgradeAuthority");
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

    // ---- accounts

    private void LoadConfig(string name) => RequireOurs(name, "config");

    private Rotation LoadRotation(string name)
    {
        RequireOurs(name, "rotation");
        return state.Rotation!;
    }

    private Payment LoadPayment(string name)
    {
        if (state.Payments.TryGetValue(name, out var payment))
            return payment;
        RequireOurs(name, "payment");
        throw new InvalidOperationException(name);
    }

    private Payment LoadPending(string name, Step s)
    {
        Require(s.ReadOnly != "payment", "ConstraintMut");
        var payment = LoadPayment(name);
        Require(payment.Status == Status.Pending, "InvalidPaymentStatus");
        return payment;
    }

    /// <summary>The program's own accounts are told apart by their length.</summary>
    private void RequireOurs(string name, string wanted)
    {
        var ours = name == "config" || (name == "rotation" && state.Rotation is not null) || state.Payments.ContainsKey(name);
        Require(ours, "AccountOwnedByWrongProgram");
        Require(name == wanted, "AccountDidNotDeserialize");
    }

    private Tokens LoadTokens(string name)
    {
        Require(name is not (Hyper or "OTHER"), "AccountDiscriminatorMismatch");
        return state.Tokens.TryGetValue(name, out var tokens) ? tokens : throw new Refused("AccountOwnedByWrongProgram");
    }

    // ---- the token program's and the system program's

    private void Approve(Approve s)
    {
        var tokens = state.Tokens[s.Account];
        Require(tokens.Owner == s.Owner, "Custom(4)");
        state.Tokens[s.Account] = tokens with { Delegate = s.Delegate, Allowed = s.Amount };
    }

    private void HandOver(HandOver s)
    {
        var tokens = state.Tokens[s.Account];
        Require(tokens.Owner == s.Owner, "Custom(4)");
        state.Tokens[s.Account] = tokens with { Owner = s.To, Delegate = null, Allowed = 0 };
    }

    private void Send(Send s)
    {
        Require(state.Tokens.ContainsKey(s.To), "InvalidAccountData");
        Require(state.Tokens[s.From].Amount >= s.Amount, "Custom(1)");
        Require(state.Tokens[s.From].Mint == state.Tokens[s.To].Mint, "Custom(3)");
        Require(state.Tokens[s.From].Owner == s.Owner, "Custom(4)");
        state.Move(s.From, s.To, s.Amount);
    }

    private static void Require(bool condition, string error)
    {
        if (!condition)
            throw new Refused(error);
    }
}
