using Hypernode.MoneyModel.Model;

namespace Hypernode.MoneyModel.Runs;

/// <summary>
/// A random sequence: each step is one that would be right just then, or nearly, or one that was played before. The
/// generator keeps a model of its own to know what would be right.
/// </summary>
internal sealed partial class Generator
{
    private static readonly string[] Strangers = ["alice", "bob", "nina", "stranger", "relayer2"];

    private readonly SeededRandom _random;
    private readonly Facts _facts;
    private readonly State _state;
    private readonly Money _model;
    private readonly List<Step> _steps = [];
    private readonly List<long> _limits = [];
    private readonly List<DepositTerms> _deposits = [];

    private Generator(SeededRandom random, Facts facts)
    {
        _random = random;
        _facts = facts;
        _state = facts.Beginning();
        _model = new Money(_state, new Rules());
    }

    /// <param name="seed">Of this one sequence.</param>
    /// <param name="facts">What there is at the beginning.</param>
    public static IReadOnlyList<Step> Sequence(ulong seed, Facts facts)
    {
        var generator = new Generator(new SeededRandom(seed), facts);
        for (var length = generator._random.Between(15, 45); length > 0; length--)
            generator.Add(generator.NextStep());
        return generator._steps;
    }

    private void Add(Step step)
    {
        _steps.Add(step);
        _model.Apply(step);
    }

    private Step NextStep()
    {
        if (_steps.Count > 3 && _random.Percent(8))
            return Again(_random.Pick(_steps));
        var step = Fair();
        for (var wrong = _random.Percent(38) ? _random.Percent(20) ? 2 : 1 : 0; wrong > 0; wrong--)
            step = Spoil(step);
        return step;
    }

    /// <summary>A replay, byte for byte; time does not run backwards.</summary>
    private Step Again(Step step) => step is SetClock ? Wait() : step;

    /// <summary>A step that has a good chance to be right.</summary>
    private Step Fair()
    {
        var pending = _state.Payments.Values.Where(p => p.Status == Status.Pending).Select(p => p.Id).ToList();
        var id = pending.Count > 0 && _random.Percent(60) ? _random.Pick(pending) : _random.Below(_facts.Payments);
        var payment = _state.Payments.GetValueOrDefault($"payment:{id}");
        switch (_random.Below(100))
        {
            case < 8: return Wait();
            case < 10: return Approval();
            case < 14: return TokensSent();
            case < 16: return new Prefund(_random.Pick($"payment:{id}", $"escrow:{id}", "rotation"), _random.Pick<ulong>(890_880, 1_000_001, 5_000_000));
            case < 17: return Handing();
            case < 19: return new SetPaused("authority", _random.Percent(50));
            case < 25: return RotationStep();
            case < 30 when _deposits.Count > 0: return DepositStep(_random.Pick(_deposits));
            case < 33 when _state.Paused: return new SetPaused("authority", false);
        }
        return payment switch
        {
            null => _random.Below(5) switch
            {
                < 2 => ByIntent(id),
                < 4 => ByTransaction(id),
                _ => ByDeposit(id),
            },
            { Status: not Status.Pending } when _random.Percent(8) => new SetClock(Math.Max(_state.Now, payment.ClosableAt + _random.Between(-1, 1))),
            { Status: not Status.Pending } => _random.Percent(60) ? new CloseIntent($"payment:{id}", payment.RentPayer) : Ending(id, payment),
            { } when _state.Now >= payment.SettleBy && _random.Percent(80) => Late(id, payment),
            { Attempt: 0 } => _random.Below(10) switch
            {
                < 8 => Assignment(id, payment),
                < 9 => WithClosing(new Cancel(_random.Pick(payment.Payer, _state.Keys.Facilitator)) { Payment = "", Escrow = "", PayerToken = "", RentPayer = "" }, id, payment),
                _ => Ending(id, payment),
            },
            _ => _random.Below(10) < 1 ? Assignment(id, payment) : Ending(id, payment),
        };
    }

    /// <summary>A while, or to the second around something that happens.</summary>
    private SetClock Wait()
    {
        var next = _limits.Where(l => l >= _state.Now - 1).ToList();
        var to = next.Count > 0 && _random.Percent(50)
            ? _random.Pick(next) + _random.Between(-1, 1)
            : _state.Now + (_random.Percent(15) ? _random.Pick(40_000, 90_000) : _random.Pick(0, 1, 59, 600, 3_600));
        return new SetClock(Math.Max(to, _state.Now));
    }

    private ulong Amount(ulong near) => _random.Below(12) switch
    {
        0 => 1,
        1 or 2 => (ulong)_random.Between(1, 40),
        3 => near,
        4 => _random.Percent(50) ? near + 1 : _random.Pick<ulong>(0, ulong.MaxValue),
        5 => 12_000_000_000_000_000_000 / (ulong)_random.Between(1, 9),
        _ => (ulong)_random.Between(1, 200_000_000),
    };

    private Approve Approval()
    {
        var (account, owner) = _random.Pick(("alice.t", "alice"), ("alice.t", "alice"), ("bob.t", "bob"), ("alice.u", "alice"));
        var to = _random.Percent(85) ? $"allowance:{owner}" : _random.Pick("stranger", "allowance:nina", "relayer");
        return new Approve(account, owner, to, _random.Percent(60) ? ulong.MaxValue >> _random.Below(40) : Amount(100_000_000));
    }

    private Send TokensSent()
    {
        var (from, owner) = _random.Pick(("stranger.t", "stranger"), ("alice.t", "alice"), ("bob.t", "bob"));
        var to = _random.Pick(
            $"escrow:{_random.Below(_facts.Payments)}", $"escrow:{_random.Below(_facts.Payments)}", "protocol", "bob.t", "alice.u", "otto.t");
        return new Send(from, owner, to == from ? "platform" : to, _random.Pick<ulong>(0, 1, 7, 1_000_000, Amount(_state.Tokens[from].Amount)));
    }

    private HandOver Handing()
    {
        var (account, owner) = _random.Pick(("alice.u", "alice"), ("bob.t", "bob"), ("alice.t", "alice"));
        return new HandOver(account, owner, _random.Pick("stranger", "nina", owner, "bob"));
    }

    private Step RotationStep()
    {
        if (_state.Rotation is not { } rotation)
            return new ProposeRotation("authority", OtherKeys());
        return _random.Below(10) switch
        {
            < 2 => new ProposeRotation("authority", OtherKeys()),
            < 4 => new WithdrawRotation("authority", rotation.RentPayer),
            < 6 => new SetClock(Math.Max(_state.Now, rotation.DueAt + _random.Between(-1, 1))),
            _ => new ApplyRotation(rotation.RentPayer, rotation.Keys.ProtocolVault, rotation.Keys.PlatformVault)
            {
                OtherProtocolVault = rotation.Keys.Other?.ProtocolVault,
                OtherPlatformVault = rotation.Keys.Other?.PlatformVault,
            },
        };
    }

    private Keys OtherKeys() => new(
        _random.Pick("relayer", "relayer2"), _random.Pick("assigner", "assigner2"), _random.Pick("protocol", "protocol2"),
        _random.Pick("platform", "platform2"), [.. Enumerable.Range(_random.Below(6), 5).Select(i => $"o{i}")], (byte)_random.Between(3, 5),
        _random.Percent(70) ? null : _random.Pick(new AcceptedMint("JUNK", "vault.junk", "vault.junk"), new AcceptedMint("USDC", "protocol2.usdc", "platform.usdc")));

    private (Terms Terms, string Payer) TermsOf(int id)
    {
        var payer = _random.Percent(70) ? "alice" : "bob";
        var held = _state.Tokens[$"{payer}.t"];
        var timestamp = (_state.Now * 1_000) + (_random.Percent(20) ? _random.Pick(-1, 0, 299_999, 300_000, 300_001, -500_123) : _random.Between(-1_000, 1_000));
        var expires = timestamp + (_random.Percent(20) ? _random.Pick(86_400_000, 86_400_001, 1) : _random.Between(60_000, 86_400_000));
        var settleBy = (expires / 1_000) + (_random.Percent(20) ? _random.Pick(0, 1, 600, 6 * 86_400) : _random.Between(600, 86_400));
        var terms = new Terms(
            id, _random.Below(3), Amount(_random.Percent(50) ? held.Amount : held.Allowed), (ulong)timestamp, (ulong)expires, 1 + _random.Below(3),
            settleBy, 1 + _random.Below(3));
        _limits.AddRange([expires / 1_000, settleBy, settleBy + _facts.RefundGrace, settleBy + 86_400]);
        return (terms, payer);
    }

    private AuthorizeIntent ByIntent(int id)
    {
        var (terms, payer) = TermsOf(id);
        if (_state.Tokens[$"{payer}.t"].Delegate != $"allowance:{payer}" && _random.Percent(70))
            Add(new Approve($"{payer}.t", payer, $"allowance:{payer}", _random.Pick(terms.Amount, terms.Amount, ulong.MaxValue)));
        return new AuthorizeIntent(terms, new Signatures([payer]), new SignedText(terms, payer))
        {
            RentPayer = _state.Keys.Facilitator,
            PayerToken = $"{payer}.t",
            Payment = $"payment:{id}",
            Escrow = $"escrow:{id}",
            Allowance = $"allowance:{payer}",
        };
    }

    private AssignNode Assignment(int id, Payment payment)
    {
        var node = payment.Mint != "HYPER" ? "nina" : _random.Percent(92) ? _random.Pick("nina", "nina", "otto", "alice") : $"payment:{_random.Below(_facts.Payments)}";
        var attempt = _random.Below(10) == 0 ? uint.MaxValue : payment.Attempt + (uint)_random.Between(payment.Attempt == uint.MaxValue ? 0 : 1, payment.Attempt > 1_000 ? 1 : 3);
        return new AssignNode(attempt, node, _state.Keys.Assigner, $"payment:{id}");
    }

    private Step Ending(int id, Payment payment) => _random.Below(10) switch
    {
        < 8 => Proof(id, payment),
        < 9 => Failed(id, payment),
        _ => Expired(id, payment),
    };

    /// <summary>What is left when it is too late to settle; the refund that anybody may ask for races with the attested one.</summary>
    private Step Late(int id, Payment payment) => _random.Below(10) switch
    {
        < 5 => Expired(id, payment),
        < 7 => Failed(id, payment),
        < 8 => Proof(id, payment),
        _ => new SetClock(Math.Max(_state.Now, payment.SettleBy + _facts.RefundGrace + _random.Between(-1, 0))),
    };

    private RefundExpired Expired(int id, Payment payment) =>
        WithClosing(new RefundExpired { Payment = "", Escrow = "", PayerToken = "", RentPayer = "" }, id, payment);

    private long ValidUntil()
    {
        var until = _state.Now + _random.Pick(600, 86_400, 1, _random.Between(1, 86_400));
        _limits.Add(until);
        return until;
    }

    private IReadOnlyList<string> Quorum()
    {
        var shuffled = _state.Keys.Oracles.OrderBy(_ => _random.Next()).ToList();
        return shuffled[..Math.Max(_state.Keys.Threshold, (int)_random.Between(3, 5))];
    }

    private SubmitUsageProof Proof(int id, Payment payment)
    {
        var charge = Math.Min(Math.Max(1, Amount(payment.Amount)), payment.Amount);
        var (node, verdict) = (payment.Node ?? "nina", (byte)_random.Below(3));
        var (until, hashes) = (ValidUntil(), verdict == 2 ? _random.Below(2) : 1);
        var said = new Usage(id, payment.Attempt, node, verdict, charge, hashes, hashes, until);
        var nodeToken = node.StartsWith("payment:", StringComparison.Ordinal) ? node.Replace("payment", "escrow", StringComparison.Ordinal) : node == "nina" && payment.Mint == "USDC" ? "nina.usdc" : $"{node}.t";
        var vaults = _state.Accepted(payment.Mint)!;
        return WithClosing(new SubmitUsageProof(payment.Attempt, verdict, charge, hashes, hashes, until, new Signatures(Quorum()), said)
        {
            Payment = "",
            Escrow = "",
            PayerToken = "",
            RentPayer = "",
            NodeToken = nodeToken,
            ProtocolVault = vaults.ProtocolVault,
            PlatformVault = vaults.PlatformVault,
        }, id, payment);
    }

    private RefundFailed Failed(int id, Payment payment)
    {
        var (until, reason) = (ValidUntil(), (byte)_random.Below(256));
        return WithClosing(new RefundFailed(payment.Attempt, reason, until, new Signatures(Quorum()), new Failure(id, payment.Attempt, reason, until))
        {
            Payment = "",
            Escrow = "",
            PayerToken = "",
            RentPayer = "",
        }, id, payment);
    }

    private T WithClosing<T>(T step, int id, Payment payment)
        where T : Closing => step with
        {
            Payment = $"payment:{id}",
            Escrow = $"escrow:{id}",
            Mint = payment.Mint,
            PayerToken = payment.Mint != "HYPER" ? TokensOf(payment.Payer, payment.Mint) : payment.Payer == "alice" && _random.Percent(20) ? "alice.u" : $"{payment.Payer}.t",
            RentPayer = payment.RentPayer,
        };
}
