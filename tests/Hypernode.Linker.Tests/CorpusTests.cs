using Sbpf.Linker.Linking;

namespace Hypernode.Linker.Tests;

/// <summary>The random programs that the tests of the programs run: what they run is what this linker makes today.</summary>
public sealed class CorpusTests
{
    [Theory]
    [InlineData(SbpfVersion.V0, "torture.so")]
    [InlineData(SbpfVersion.V3, "torture.v3.so")]
    public void The_corpus_links_to_the_very_bytes_that_are_run(SbpfVersion version, string file)
    {
        var linked = SbpfLinker.Link(File.ReadAllBytes(Path.Combine(Corpus(), "torture.o")), version);
        linked.Bytes.ShouldBe(File.ReadAllBytes(Path.Combine(Corpus(), file)), "programs/torture.sh --seeds 12 --corpus makes them anew");
        linked.TextLength.ShouldBeGreaterThan(10_000);
        linked.ReadOnlyLength.ShouldBeGreaterThan(0, "jump tables, traits' tables and constants");
    }

    private static string Corpus()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Hypernode.slnx")))
            folder = folder.Parent;
        return Path.Combine(folder.ShouldNotBeNull().FullName, "tests/programs/torture/corpus");
    }
}
