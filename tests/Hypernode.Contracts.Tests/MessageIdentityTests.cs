using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Contracts.Tests;

/// <summary>A contract's full name is its identity in queues and rows: it is never renamed, and a new one is added to the corpus.</summary>
public sealed class MessageIdentityTests
{
    [Fact]
    public void Every_message_in_the_corpus_still_exists_and_every_message_is_in_the_corpus()
    {
        var names = typeof(IJobMessage).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && (typeof(IJobMessage).IsAssignableFrom(t) || typeof(NodeMessage).IsAssignableFrom(t)))
            .Select(t => t.FullName!)
            .Order(StringComparer.Ordinal);
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hypernode.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        File.ReadAllLines(Path.Combine(folder, "tests", "corpus", "messages.txt")).ShouldBe(names);
    }
}
