using Hypernode.MoneyModel.Model;

namespace Hypernode.MoneyModel.Runs;

/// <summary>Where the model and the chain part: at which step, and over what.</summary>
internal sealed record Disagreement(int Step, string What, string? Model, string? Chain)
{
    public override string ToString() => $"step {Step}: {What}: the model says {Model ?? "nothing"}, the chain {Chain ?? "nothing"}";
}

/// <summary>One sequence on both sides.</summary>
internal sealed class Differential(VirtualMachine chain, Rules rules)
{
    /// <summary>Plays the steps; counts each outcome; gives the first disagreement, if any.</summary>
    public async Task<Disagreement?> PlayAsync(IReadOnlyList<Step> steps, Action<Step, string?>? outcome = null)
    {
        var played = await chain.PlayAsync(steps);
        var state = chain.Facts.Beginning();
        var model = new Money(state, rules);
        var supplies = Supplies(state);
        var seen = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Merge(seen, played.Start);
        if (Compare(-1, state.View(), seen) is { } atStart)
            return atStart;

        for (var i = 0; i < steps.Count; i++)
        {
            var error = model.Apply(steps[i]);
            var result = played.Results[i];
            if (error != result.Error)
                return new Disagreement(i, steps[i].GetType().Name, error ?? "success", result.Error ?? "success");
            Merge(seen, result.Changed);
            if (Compare(i, state.View(), seen) is { } difference)
                return difference;
            if (Supplies(state) != supplies)
                return new Disagreement(i, "the sum of all tokens", Supplies(state), supplies);
            outcome?.Invoke(steps[i], error);
        }
        return null;
    }

    /// <summary>Leaves out whatever can be left out while the two still disagree.</summary>
    public async Task<IReadOnlyList<Step>> ShrinkAsync(IReadOnlyList<Step> steps)
    {
        var left = steps.ToList();
        for (var size = Math.Max(1, left.Count / 2); size >= 1; size /= 2)
        {
            for (var at = left.Count - size; at >= 0; at -= size)
            {
                var fewer = left.ToList();
                fewer.RemoveRange(at, Math.Min(size, fewer.Count - at));
                if (await PlayAsync(fewer) is not null)
                    left = fewer;
                at = Math.Min(at, left.Count);
            }
        }
        return left;
    }

    private static string Supplies(State state) => string.Join(' ', State.Mints.Select(mint => $"{state.Sum(mint)} {mint}"));

    private static void Merge(SortedDictionary<string, string> seen, Dictionary<string, string?> changed)
    {
        foreach (var (name, value) in changed)
        {
            if (value is null)
                seen.Remove(name);
            else
                seen[name] = value;
        }
    }

    private static Disagreement? Compare(int step, SortedDictionary<string, string> model, SortedDictionary<string, string> chain)
    {
        foreach (var name in model.Keys.Union(chain.Keys, StringComparer.Ordinal))
        {
            var (here, there) = (model.GetValueOrDefault(name), chain.GetValueOrDefault(name));
            if (here != there)
                return new Disagreement(step, name, here, there);
        }
        return null;
    }
}
