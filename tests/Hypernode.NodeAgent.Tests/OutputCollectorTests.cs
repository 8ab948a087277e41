using System.Formats.Tar;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

public sealed class OutputCollectorTests
{
    private readonly MemoryBlobs _blobs = new();

    [Theory]
    [InlineData("./result.json", "result.json")]
    [InlineData("out/result.json", "result.json")]
    [InlineData("result.json", "result.json")]
    [InlineData("./a/b/c", "a/b/c")]
    public async Task Files_are_named_as_the_job_named_them(string entry, string name)
    {
        var collected = await CollectAsync(File(entry, "x"));
        collected.Artifacts.Single().Name.ShouldBe(name);
        collected.Refused.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("./a/../../escape")]
    [InlineData("/etc/passwd")]
    [InlineData("./a//b")]
    [InlineData("./line\nbreak")]
    [InlineData("./back\\slash")]
    public async Task Names_that_could_mean_something_else_elsewhere_are_refused(string entry)
    {
        var collected = await CollectAsync(File(entry, "x"));
        collected.Artifacts.ShouldBeEmpty();
        collected.Refused.ShouldHaveSingleItem().ShouldNotContain("\n");
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.Fifo)]
    [InlineData(TarEntryType.CharacterDevice)]
    public async Task Only_regular_files_are_taken(TarEntryType type)
    {
        var entry = new PaxTarEntry(type, "./x");
        if (type is TarEntryType.SymbolicLink or TarEntryType.HardLink)
        {
            entry.LinkName = "/etc/passwd";
        }

        var collected = await CollectAsync(entry, File("./y", "y"));
        collected.Artifacts.Single().Name.ShouldBe("y");
        collected.Refused.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Files_are_capped_in_number_and_in_bytes_and_listed_in_order()
    {
        var three = (TarEntry[])[File("./c", "1"), File("./a", "22"), File("./b", "333")];
        (await CollectAsync(three)).Artifacts.Select(a => a.Name).ShouldBe(["a", "b", "c"]);
        (await CollectAsync(2, 100, three)).Artifacts.Count.ShouldBe(2);
        (await CollectAsync(10, 5, three)).Artifacts.Select(a => a.Name).ShouldBe(["a", "c"]);
        (await CollectAsync(10, 6, three)).Artifacts.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_empty_file_is_a_file()
    {
        (await CollectAsync(File("./empty", ""))).Artifacts.Single().Bytes.ShouldBe(0);
    }

    private Task<CollectedOutputs> CollectAsync(params TarEntry[] entries) => CollectAsync(10, 1_000, entries);

    private async Task<CollectedOutputs> CollectAsync(int maxFiles, long maxBytes, params TarEntry[] entries)
    {
        var tar = new MemoryStream();
        await using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                entry.DataStream?.Seek(0, SeekOrigin.Begin);
                await writer.WriteEntryAsync(entry);
            }
        }

        tar.Position = 0;
        return await OutputCollector.CollectAsync(tar, _blobs, maxFiles, maxBytes, default);
    }

    private static PaxTarEntry File(string name, string content) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) };
}
