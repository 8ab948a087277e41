namespace Hypernode.Storage.Migrations;

/// <summary>What is still to be done, or why nothing may be.</summary>
internal static class MigrationPlan
{
    /// <param name="applied">Number to hash, as the database recorded them.</param>
    public static IReadOnlyList<MigrationScript> Pending(IReadOnlyList<MigrationScript> scripts, IReadOnlyDictionary<int, string> applied)
    {
        foreach (var (number, sha256) in applied.OrderBy(a => a.Key))
        {
            var script = scripts.FirstOrDefault(s => s.Number == number)
                ?? throw new MigrationException($"The database has migration {number:D4}, which this build does not know: it is from a later build.");
            if (script.Sha256 != sha256)
            {
                throw new MigrationException(
                    $"Migration {script.Name} was changed after it had been applied (recorded {sha256}, now {script.Sha256}). Restore it, and write a new one.");
            }
        }

        return [.. scripts.Where(s => !applied.ContainsKey(s.Number))];
    }
}
