using FsCheck;
using FsCheck.Fluent;

namespace Hypernode.Sagas.Tests.Properties;

/// <summary>
/// Random runs as lists of numbers, each of which a test reads as its next step. So a run that fails shrinks to the shortest
/// one that still does: first by halves, then step by step, then to smaller numbers.
/// </summary>
internal static class Codes
{
    public const int Largest = 9_999;

    private static readonly Arbitrary<int[]> Runs = Arb.From(
        Gen.Sized(size => Gen.Choose(0, Largest).ArrayOf(5 + size)), Shrink);

    /// <param name="run">Throws when something does not hold.</param>
    public static void ForAll(int runs, Action<int[]> run) =>
        Prop.ForAll(Runs, run).Check(Config.QuickThrowOnFailure.WithMaxTest(runs).WithReplay(20_260_101, 1));

    private static IEnumerable<int[]> Shrink(int[] codes)
    {
        for (var size = codes.Length / 2; size > 0; size /= 2)
        {
            for (var at = 0; at + size <= codes.Length; at += size)
            {
                yield return [.. codes[..at], .. codes[(at + size)..]];
            }
        }

        for (var i = 0; i < codes.Length; i++)
        {
            if (codes[i] > 0)
            {
                yield return [.. codes[..i], codes[i] / 2, .. codes[(i + 1)..]];
            }
        }
    }
}
