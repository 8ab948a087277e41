namespace Hypernode.Host.Ops;

internal enum AuditVerdict
{
    Holds,
    Violated,

    /// <summary>Its sources were not asked: never a pass.</summary>
    NotChecked,

    /// <summary>Its sources were asked, and there is nothing yet that could break it: no pass either.</summary>
    NothingThere,
}

/// <param name="Id">A job, a node or a payment.</param>
internal sealed record Offence(string Id, string Detail);

/// <param name="Checked">How many jobs (nodes, of I9) were held to it.</param>
/// <param name="Violations">How many offences there are, listed or not.</param>
/// <param name="Offending">The first of them.</param>
/// <param name="NotRecomputable">What of it these sources can't tell, and who watches it instead; null: all of it was recomputed.</param>
internal sealed record AuditLine(
    string Invariant, string Says, AuditVerdict Verdict, long Checked, long Violations, IReadOnlyList<Offence> Offending, string? NotRecomputable);

/// <param name="Holds">Nothing is violated.</param>
/// <param name="Chain">Whether the chain was asked.</param>
/// <param name="Jobs">All that the database has.</param>
/// <param name="Forgotten">Ended so long ago that the chain may have closed their tombstones: what it said of them can't be held against them any more.</param>
/// <param name="Moving">Looked wrong while they moved, and never stood still long enough for a second look: run it again.</param>
internal sealed record AuditReport(bool Holds, bool Chain, DateTimeOffset At, long Jobs, long Forgotten, IReadOnlyList<string> Moving, IReadOnlyList<AuditLine> Invariants);

/// <summary>One invariant's line while it is being made.</summary>
internal sealed class AuditTally(string invariant, string says, bool needsChain, string? notRecomputable)
{
    private const int MaxListed = 50;

    private readonly List<Offence> _offences = [];
    private long _checked;
    private long _violations;

    public static IReadOnlyDictionary<string, AuditTally> All() => new[]
    {
        new AuditTally("I1", "Σ deposits = Σ paid + refunded + fees + still locked", false, "payment by payment, and each escrow's tokens; what wallets and vaults did with them afterwards is their own business"),
        new AuditTally("I2", "one settlement a job", false, null),
        new AuditTally("I3", "only the current attempt leads to payment", false, null),
        new AuditTally("I4", "pay only after that attempt's verdict", false, "whether a verdict was right: hn receipt verify recomputes a receipt from its files"),
        new AuditTally("I5", "a full refund only with its reason", false, "whether a payer really asked for a cancellation: that wish leaves no row of its own"),
        new AuditTally("I6", "a nonce once per wallet, for ever", false, null),
        new AuditTally("I7", "every job has a timer, a message on its way, or has ended", false, "whether a message that has left the outbox is still at the broker"),
        new AuditTally("I8", "an effect exists if and only if its transition committed", false, "messages that were published: they leave no row; the simulation and the crash grid hold this part"),
        new AuditTally("I9", "slash ≤ stake, once per incident", true, null),
        new AuditTally("I10", "one lease a slot, as long as its attempt", false, null),
        new AuditTally("I11", "terminal states absorb everything", false, null),
        new AuditTally("I12", "amounts are integers, fixed after the lock", false, null),
    }.ToDictionary(t => t.Invariant, StringComparer.Ordinal);

    public string Invariant => invariant;

    public void Count(long looked = 1) => _checked += looked;

    public void Add(string id, string detail)
    {
        _violations++;
        if (_offences.Count < MaxListed)
        {
            _offences.Add(new(id, detail));
        }
    }

    /// <param name="chain">The chain was asked.</param>
    public AuditLine ToLine(bool chain) => new(
        invariant,
        says,
        _violations > 0 ? AuditVerdict.Violated : needsChain && !chain ? AuditVerdict.NotChecked : _checked == 0 ? AuditVerdict.NothingThere : AuditVerdict.Holds,
        _checked,
        _violations,
        _offences,
        chain ? notRecomputable : string.Join("; ", new[] { notRecomputable, Silence }.OfType<string>()));

    /// <summary>What goes unsaid where the chain was not asked.</summary>
    private string? Silence => invariant switch
    {
        "I9" => "all of it: stakes and incidents are on chain alone, and the chain was not asked",
        "I1" or "I2" or "I3" or "I4" or "I5" or "I8" or "I12" => "what the chain says: it was not asked",
        _ => null,
    };
}
