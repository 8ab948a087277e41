using System.Text;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Jobs.Files;

namespace Hypernode.Cli.Tests.Jobs;

/// <summary>Files that were good until something in them was changed: they are read or refused, by both readers alike, and never more than that.</summary>
public sealed class JobFileFuzzTests : IDisposable
{
    private const int Cases = 1_500;
    private const string Image = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static readonly string[] Bits =
    [
        "0", "-1", "1e9", "1.5", "null", "true", "\"\"", "\"x\"", "[]", "{}", "\"${{ matrix.letter }}\"", "\"${{ matrix.\"", "\"@x\"", ",", ":", "{", "}", "[", "]", "\"", "//", "/*", "\n", "\\u0000", "\\ud800", "é",
        "\"steps\"", "\"matrix\"", "\"needs\"", "\"include\"", "\"from\"", "\"limits\"", "\"cmd\"", "\"type\"", "9999999999999999999999",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-fuzz-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)] // found that a template in a number's place, in a file with another mistake, broke the reader
    public async Task Nothing_is_taken_that_the_schema_refuses_and_nothing_breaks(int seed)
    {
        var random = new Random(seed);
        List<string> good = [.. Directory.EnumerateFiles(Repository.Find().Example(), "job.json", SearchOption.AllDirectories).Order().Select(File.ReadAllText), InitCommand.Starter];
        var (taken, refused) = (0, 0);
        for (var i = 0; i < Cases; i++)
        {
            var text = Change(good[random.Next(good.Count)], random);
            var path = Path.Combine(_folder, "job.json");
            await File.WriteAllTextAsync(path, text);
            var (plan, problems) = await JobFileReader.ReadAsync(path, Image, default);
            (plan is null).ShouldBe(problems.Count > 0);
            problems.ShouldAllBe(p => p.Line >= 1 && p.Column >= 1 && p.Line <= text.Split('\n', StringSplitOptions.None).Length, text);
            if (plan is not null)
            {
                OtherReader.IsValid(text).ShouldBeTrue(text);
            }

            // Inputs and scripts of the examples lie elsewhere: those files are refused for that. Others are taken.
            _ = plan is null ? refused++ : taken++;
        }

        refused.ShouldBeGreaterThan(Cases / 2);
        taken.ShouldBeGreaterThan(5);
    }

    private static string Change(string text, Random random)
    {
        var changed = new StringBuilder(text);
        for (var n = random.Next(1, 3); n > 0; n--)
        {
            var at = random.Next(changed.Length);
            switch (random.Next(4))
            {
                case 0: changed.Remove(at, Math.Min(random.Next(1, 12), changed.Length - at)); break;
                case 1: changed.Insert(at, Bits[random.Next(Bits.Length)]); break;
                case 2: changed[at] = (char)random.Next(32, 127); break;
                default:
                    // A value for another one: what follows a colon, up to the next comma or bracket.
                    var whole = changed.ToString();
                    var colon = whole.IndexOf(':', at);
                    var end = colon < 0 ? -1 : whole.IndexOfAny([',', '}', ']', '\n'], colon);
                    if (end > 0)
                    {
                        changed.Remove(colon + 1, end - colon - 1).Insert(colon + 1, Bits[random.Next(Bits.Length)]);
                    }

                    break;
            }
        }

        return changed.ToString();
    }
}
