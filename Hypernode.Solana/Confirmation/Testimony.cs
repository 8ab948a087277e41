namespace Hypernode.Solana;

/// <summary>What one endpoint says about one transaction in one round of questions.</summary>
internal abstract record Testimony
{
    /// <summary>No answer, or not in time.</summary>
    public sealed record Silent(string Reason) : Testimony;

    /// <param name="Slot">the newest that the endpoint knew of</param>
    public sealed record NotSeen(ulong Slot) : Testimony;

    /// <summary>Not in its history either, asked for after the blockhash had expired on a finalized block.</summary>
    public sealed record Denied(ulong Slot) : Testimony;

    public sealed record Seen(SignatureStatus Status) : Testimony;
}

/// <summary>What several endpoints say together. They are believed where none contradicts.</summary>
internal abstract record Finding
{
    // A block that so many others follow is final: an endpoint that has them all has that one too, or is on no chain of ours.
    private const ulong SlotsToRoot = 32;

    /// <summary>All that have a say have seen it; this is the least that one of them vouches for.</summary>
    public sealed record Agreed(SignatureStatus Status) : Finding;

    /// <summary>Nobody has it, and it can't land any more.</summary>
    public sealed record AllDeny : Finding;

    /// <summary>Nothing to conclude yet.</summary>
    /// <param name="SeenInSlot">by one of them, which is not enough</param>
    public sealed record Open(ulong? SeenInSlot, string? Trouble) : Finding;

    /// <summary>Two endpoints say what can't both be true.</summary>
    public sealed record Contradiction(string What) : Finding;

    public static Finding Of(IReadOnlyList<(RpcEndpoint Endpoint, Testimony Says)> heard)
    {
        var seen = heard.Where(h => h.Says is Testimony.Seen).Select(h => (h.Endpoint, ((Testimony.Seen)h.Says).Status)).ToList();
        // One that has lost the cluster still knows what it knew; but that something is missing there says nothing.
        var absent = heard.Where(h => h.Says is Testimony.NotSeen or Testimony.Denied && (heard.Count == 1 || !h.Endpoint.IsStuck)).ToList();
        if (Contradicts(seen, absent) is { } what)
        {
            return new Contradiction(what);
        }

        var trouble = heard.Select(h => h.Says).OfType<Testimony.Silent>().FirstOrDefault()?.Reason;
        if (seen.Count > 0)
        {
            var least = seen.Select(s => s.Status).MinBy(s => s.Commitment)!;
            var agreed = absent.Count == 0 && seen.All(s => s.Status.Slot == least.Slot && s.Status.Error == least.Error);
            return agreed ? new Agreed(least) : new Open(least.Slot, "an endpoint is behind");
        }

        // That something never happened leads to doing it again: where there are several, one endpoint's word is not enough.
        return absent.Count >= Math.Min(2, heard.Count) && absent.All(a => a.Says is Testimony.Denied)
            ? new AllDeny()
            : new Open(null, trouble);
    }

    private static string? Contradicts(
        List<(RpcEndpoint Endpoint, SignatureStatus Status)> seen, List<(RpcEndpoint Endpoint, Testimony Says)> absent)
    {
        foreach (var (endpoint, status) in seen)
        {
            foreach (var (other, second) in seen)
            {
                // One block has one outcome, and there is one confirmed block that has the transaction. What is only processed may
                // be on a fork.
                var final = status.Commitment >= Commitment.Confirmed && second.Commitment >= Commitment.Confirmed;
                if ((final || status.Slot == second.Slot) && (status.Error != second.Error || final && status.Slot != second.Slot))
                {
                    return $"{endpoint.Name} says {Describe(status)}, {other.Name} says {Describe(second)}";
                }
            }

            foreach (var (other, says) in status.Commitment >= Commitment.Confirmed ? absent : [])
            {
                var slot = says is Testimony.NotSeen notSeen ? notSeen.Slot : ulong.MaxValue;
                if (slot - Math.Min(slot, SlotsToRoot) >= status.Slot)
                {
                    return $"{endpoint.Name} says {Describe(status)}, {other.Name} has never seen it";
                }
            }
        }

        return null;
    }

    private static string Describe(SignatureStatus status) =>
        $"{(status.Error is null ? "succeeded" : $"failed ({status.Error.InstructionError ?? status.Error.Kind})")}, {status.Commitment} in slot {status.Slot}";
}
