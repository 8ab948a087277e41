using System.Globalization;

namespace Hypernode.Host.Ops;

/// <summary>What stands after <c>ops</c>.</summary>
/// <param name="Words">errors, stuck, audit, or replay and what is to be replayed: groups and message ids.</param>
/// <param name="Limit">At most so many listed, or replayed; null: the command's own bound.</param>
/// <param name="Yes">Do it; else it is only told what would be done.</param>
/// <param name="NoChain">The audit asks the database alone.</param>
internal sealed record OpsArguments(IReadOnlyList<string> Words, int? Limit = null, bool Yes = false, bool NoChain = false)
{
    /// <exception cref="ArgumentException">It is no number from 1 to 100,000.</exception>
    public OpsArguments WithLimit(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= 100_000
            ? this with { Limit = limit }
            : throw new ArgumentException("--limit must be 1 to 100000");
}
