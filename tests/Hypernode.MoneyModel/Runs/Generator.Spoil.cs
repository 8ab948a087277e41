using Hypernode.MoneyModel.Model;

namespace Hypernode.MoneyModel.Runs;

/// <summary>The wrong steps: one thing about a right step is other than it should be.</summary>
internal sealed partial class Generator
{
    private static readonly string[] NoTokens = ["HYPER", "alice", "config"];

    private Step Spoil(Step step) => step switch
    {
        AuthorizeIntent s => SpoilIntent(s),
        AuthorizePayment s => SpoilPayment(s),
        ActivateIntent s => SpoilActivation(s),
        ReclaimDeposit s => SpoilReclaim(s),
        AssignNode s => SpoilAssignment(s),
        SubmitUsageProof s => _random.Percent(65) ? SpoilProof(s) : SpoilClosing(s),
        RefundFailed s => _random.Percent(65) ? SpoilFailure(s) : SpoilClosing(s),
        Cancel s => _random.Percent(50) ? SpoilCancel(s) : SpoilClosing(s),
        Closing s => SpoilClosing(s),
        CloseIntent s => _random.Below(4) switch
        {
            0 => s with { RentPayer = _random.Pick(Strangers) },
            1 => s with { Payment = OtherPayment() },
            2 => s with { ReadOnly = "payment" },
            _ => s with { ReadOnly = "rentPayer" },
        },
        SetPaused s => _random.Below(5) switch
        {
            0 => s with { By = _random.Pick(Strangers) },
            1 => s with { Unsigned = s.By },
            2 => s with { ProgramData = "stranger" },
            3 => s with { ReadOnly = "config" },
            _ => s with { Config = NoConfig() },
        },
        ProposeRotation s => SpoilProposal(s),
        WithdrawRotation s => _random.Below(6) switch
        {
            0 => s with { By = _random.Pick(Strangers) },
            1 => s with { Unsigned = s.By },
            2 => s with { RentPayer = _random.Pick(Strangers) },
            3 => s with { Rotation = NoRotation() },
            4 => s with { ReadOnly = "rotation" },
            _ => s with { ProgramData = "config" },
        },
        ApplyRotation s => _random.Below(6) switch
        {
            0 => s with { RentPayer = _random.Pick(Strangers) },
            1 => s with { ProtocolVault = _random.Pick("protocol", "protocol2", "alice.t", "vault.junk") },
            2 => _random.Percent(50) ? s with { PlatformVault = _random.Pick("platform", "platform2", "protocol") } : s with { OtherProtocolVault = "protocol.usdc", OtherPlatformVault = "stranger" },
            3 => s with { Rotation = NoRotation() },
            4 => s with { ReadOnly = _random.Pick("rotation", "config", "rentPayer") },
            _ => s with { Config = NoConfig() },
        },
        _ => step,
    };

    private string OtherPayment() => _random.Percent(70) ? $"payment:{_random.Below(_facts.Payments)}" : _random.Pick("config", "rotation", "stranger", "alice.t");

    private string OtherEscrow() => _random.Percent(70) ? $"escrow:{_random.Below(_facts.Payments)}" : _random.Pick("protocol", "alice.t", "stranger");

    private string NoConfig() => _random.Pick("rotation", $"payment:{_random.Below(_facts.Payments)}", "stranger", "protocol");

    private string NoRotation() => _random.Pick("config", $"payment:{_random.Below(_facts.Payments)}", "stranger");

    private string OtherTokens() => _random.Percent(75) ? _random.Pick("alice.u", "alice.usdc", "bob.t", "stranger.t", "nina.t", "protocol") : _random.Pick(NoTokens);

    private Signatures? OtherSignatures(Signatures right) => _random.Below(9) switch
    {
        0 => null,
        1 => right with { By = [] },
        2 => right with { By = [.. right.By.Skip(1)] },
        3 => right with { By = [.. right.By.Skip(1), _random.Pick("stranger", "o9", "o0", "alice")] },
        4 => right with { By = [.. right.By.SkipLast(1), right.By.Count > 0 ? right.By[0] : "o0"] },
        5 => right with { Layout = Layout.Copies, By = [.. right.By.Take(3)] },
        6 => right with { Layout = Layout.Elsewhere, By = [.. right.By.Take(3)] },
        7 => right with { Forged = right.By.Count > 0 },
        _ => right with { By = [.. right.By.Take(4), _random.Pick("stranger", "bob", "o7")] },
    };

    private Terms OtherTerms(Terms t) => _random.Below(7) switch
    {
        0 => t with { Amount = t.Amount ^ 1 },
        1 => t with { SettleBy = t.SettleBy + 1 },
        2 => t with { Salt = t.Salt + 1 },
        3 => t with { Spec = t.Spec + 1 },
        4 => t with { Job = t.Job + 1 },
        5 => t with { Expires = t.Expires + 1 },
        _ => t with { Id = (t.Id + 1) % _facts.Payments },
    };

    /// <summary>Terms that nobody may agree to, but that are the signed ones.</summary>
    private Terms BadTerms(Terms t) => _random.Below(7) switch
    {
        0 => t with { Amount = 0 },
        1 => t with { Expires = t.Timestamp, SettleBy = Math.Max(t.SettleBy, (long)(t.Timestamp / 1_000)) },
        2 => t with { SettleBy = _state.Now + (7 * 86_400) + _random.Between(0, 1) },
        3 => t with { SettleBy = _random.Pick<long>(_state.Now, (long)(t.Expires / 1_000) - 1, long.MinValue, long.MaxValue) },
        4 => t with { Expires = _random.Pick<ulong>(0, 253_402_300_799_999, 253_402_300_800_000, ulong.MaxValue, (ulong)_state.Now * 1_000) },
        5 => t with { Timestamp = _random.Pick<ulong>(0, 253_402_300_800_000, ulong.MaxValue) },
        _ => t with { Timestamp = ((ulong)_state.Now * 1_000) + 300_001, Expires = ((ulong)_state.Now * 1_000) + 400_000 },
    };

    private T SpoilOpening<T>(T s)
        where T : Opening => _random.Below(9) switch
        {
            0 => s with { RentPayer = _random.Pick(Strangers) },
            1 => s with { Unsigned = s.RentPayer },
            2 => s with { PayerToken = OtherTokens() },
            3 => s with { Payment = OtherPayment() },
            4 => s with { Escrow = OtherEscrow() },
            5 => s with { Mint = _random.Pick("USDC", "JUNK", "HYPER") },
            6 => s with { TokenProgram = "stranger" },
            _ => s with { Config = NoConfig() },
        };

    private Step SpoilIntent(AuthorizeIntent s)
    {
        switch (_random.Below(9))
        {
            case 0 or 1:
                return s with { Terms = OtherTerms(s.Terms) };
            case 2 or 3:
                var bad = BadTerms(s.Terms);
                return s with { Terms = bad, Text = s.Text with { Terms = bad } };
            case 4:
                return s with { Text = _random.Pick(s.Text with { Payer = "stranger" }, s.Text with { Mint = "USDC" }, s.Text with { Cluster = "another" }) };
            case 5:
                return s with { Signatures = OtherSignatures(s.Signatures ?? new Signatures(["bob"])) };
            case 6:
                return _random.Percent(50) ? s with { Allowance = _random.Pick("allowance:bob", "stranger") } : s with { Sysvar = "stranger" };
            default:
                return SpoilOpening(s);
        }
    }

    private Step SpoilPayment(AuthorizePayment s)
    {
        switch (_random.Below(6))
        {
            case 0:
                return s with { Unsigned = s.Payer };
            case 1:
                return s with { Terms = BadTerms(s.Terms) };
            case 2:
                return s with { ExpiresAt = _random.Pick<long>(_state.Now, _state.Now + 1, _state.Now + 86_400, _state.Now + 86_401, long.MinValue, long.MaxValue) };
            case 3:
                return s with { Payer = _random.Pick("bob", "alice", "stranger") };
            default:
                return SpoilOpening(s);
        }
    }

    private Step SpoilActivation(ActivateIntent s) => _random.Below(8) switch
    {
        0 => s with { Amount = _random.Pick<ulong>(0, s.Amount + 1, s.Amount - 1) },
        1 => s with { SettleBy = s.SettleBy + _random.Between(-1, 1) },
        2 => s with { Payer = _random.Pick("bob", "stranger") },
        3 => s with { DepositToken = OtherTokens() },
        4 => s with { Deposit = _random.Pick(_deposits).Name },
        5 => s with { Job = s.Job + 1 },
        _ => SpoilOpening(s),
    };

    private Step SpoilReclaim(ReclaimDeposit s) => _random.Below(10) switch
    {
        0 => s with { Amount = s.Amount + 1 },
        1 => s with { Payer = _random.Pick("bob", "stranger") },
        2 => s with { DepositToken = OtherTokens() },
        3 => s with { Deposit = _random.Pick(_deposits).Name },
        4 or 5 => s with { PayerToken = OtherTokens() },
        6 => s with { Payment = OtherPayment() },
        7 => s with { Facilitator = _random.Pick(Strangers) },
        8 => s with { Mint = _random.Pick(State.Mints) },
        _ => _random.Percent(50) ? s with { TokenProgram = "stranger" } : s with { Config = NoConfig() },
    };

    private Step SpoilAssignment(AssignNode s) => _random.Below(8) switch
    {
        0 => s with { Assigner = _random.Pick("assigner", "assigner2", "stranger", "relayer") },
        1 => s with { Unsigned = s.Assigner },
        2 => s with { Attempt = s.Attempt - (uint)Math.Min(s.Attempt, _random.Between(1, 3)) },
        3 => s with { Node = "nobody" },
        4 => s with { Payment = OtherPayment() },
        5 => s with { ReadOnly = "payment" },
        6 => s with { Attempt = 0 },
        _ => s with { Config = NoConfig() },
    };

    private Statement OtherStatement(Statement said) => said switch
    {
        Usage u => _random.Below(7) switch
        {
            0 => u with { Attempt = u.Attempt + 1 },
            1 => u with { Charge = u.Charge - 1 },
            2 => u with { Node = u.Node == "otto" ? "nina" : "otto" },
            3 => u with { Cluster = "another" },
            4 => u with { Id = (u.Id + 1) % _facts.Payments },
            5 => u with { Verdict = (byte)(u.Verdict ^ 1) },
            _ => new Failure(u.Id, u.Attempt, 0, u.ValidUntil),
        },
        Failure f => _random.Below(5) switch
        {
            0 => f with { Attempt = f.Attempt + 1 },
            1 => f with { Reason = (byte)(f.Reason + 1) },
            2 => f with { Cluster = "another" },
            3 => f with { Id = (f.Id + 1) % _facts.Payments },
            _ => f with { ValidUntil = f.ValidUntil + 1 },
        },
        _ => said,
    };

    private Step SpoilProof(SubmitUsageProof s)
    {
        var said = s.Said as Usage;
        switch (_random.Below(12))
        {
            case 0 or 1:
                return s with { Signatures = OtherSignatures(s.Signatures ?? new Signatures(["o0", "o1", "o2"])) };
            case 2:
                return s with { Said = OtherStatement(s.Said) };
            case 3:
                var charge = _random.Pick<ulong>(0, ulong.MaxValue, _state.Payments.GetValueOrDefault(s.Payment)?.Amount + 1 ?? 5);
                return s with { Charge = charge, Said = said is null ? s.Said : said with { Charge = charge } };
            case 4:
                var until = _random.Pick<long>(_state.Now, _state.Now - 1, _state.Now + 86_401, long.MaxValue, long.MinValue);
                return s with { ValidUntil = until, Said = said is null ? s.Said : said with { ValidUntil = until } };
            case 5:
                var attempt = s.Attempt - 1;
                return s with { Attempt = attempt, Said = said is null ? s.Said : said with { Attempt = attempt } };
            case 6:
                return s with { NodeToken = _random.Percent(50) ? OtherTokens() : _random.Pick("nina.t", "otto.t", "nina.usdc", s.Escrow) };
            case 7:
                return s with { ProtocolVault = _random.Pick("protocol", "protocol2", "alice.t") };
            case 8:
                return s with { PlatformVault = _random.Pick("platform", "platform2", "stranger.t") };
            case 9:
                return s with { Sysvar = "stranger" };
            case 10:
                return s with { Execution = 0, Said = said is null ? s.Said : said with { Execution = 0 } };
            default:
                return s with { Verdict = 3, Said = said is null ? s.Said : said with { Verdict = 3 } };
        }
    }

    private Step SpoilFailure(RefundFailed s)
    {
        var said = s.Said as Failure;
        switch (_random.Below(6))
        {
            case 0 or 1:
                return s with { Signatures = OtherSignatures(s.Signatures ?? new Signatures(["o0", "o1", "o2"])) };
            case 2:
                return s with { Said = OtherStatement(s.Said) };
            case 3:
                var until = _random.Pick<long>(_state.Now, _state.Now - 1, _state.Now + 86_401, long.MaxValue);
                return s with { ValidUntil = until, Said = said is null ? s.Said : said with { ValidUntil = until } };
            case 4:
                var attempt = s.Attempt == 0 ? 1u : s.Attempt - 1;
                return s with { Attempt = attempt, Said = said is null ? s.Said : said with { Attempt = attempt } };
            default:
                return s with { Sysvar = "HYPER" };
        }
    }

    private Step SpoilCancel(Cancel s) => _random.Percent(50)
        ? s with { Authority = _random.Pick("alice", "bob", "stranger", "relayer", "assigner") }
        : s with { Unsigned = s.Authority };

    private Step SpoilClosing(Closing s) => _random.Below(9) switch
    {
        0 => s with { Payment = OtherPayment() },
        1 => s with { Escrow = OtherEscrow() },
        2 or 3 => s with { PayerToken = OtherTokens() },
        4 => s with { RentPayer = _random.Pick(Strangers) },
        5 => s with { Mint = "USDC" },
        6 => s with { TokenProgram = "stranger" },
        7 => s with { ReadOnly = "payment" },
        _ => s with { Config = NoConfig() },
    };

    private Step SpoilProposal(ProposeRotation s) => _random.Below(10) switch
    {
        0 => s with { By = _random.Pick(Strangers) },
        1 => s with { Unsigned = s.By },
        2 => s with { ProgramData = "stranger" },
        3 => s with { Rotation = _random.Pick("config", "stranger", "payment:0") },
        4 => s with { ReadOnly = "rotation" },
        5 => s with { Keys = s.Keys with { Threshold = _random.Pick<byte>(0, 2, 6, 255) } },
        6 => s with { Keys = s.Keys with { Oracles = [.. s.Keys.Oracles.Take(4), _random.Pick(s.Keys.Oracles[0], "nobody")] } },
        7 => s with { Keys = s.Keys with { Other = _random.Pick(new AcceptedMint("HYPER", "protocol", "platform"), new AcceptedMint("JUNK", "protocol", "vault.junk"), new AcceptedMint("alice.t", "protocol", "platform"), new AcceptedMint("alice", "vault.junk", "vault.junk"), new AcceptedMint("USDC", "protocol.usdc", "stranger")) } },
        8 => s with { Keys = _random.Pick(s.Keys with { Facilitator = "nobody" }, s.Keys with { ProtocolVault = "vault.junk" }, s.Keys with { PlatformVault = "stranger" }, s.Keys with { ProtocolVault = "HYPER" }) },
        _ => s with { Config = NoConfig() },
    };
}
