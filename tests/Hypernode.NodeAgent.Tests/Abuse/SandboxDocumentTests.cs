using System.Text;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>The attack table of docs/sandbox.md is made from the attacks that are really run.</summary>
public sealed class SandboxDocumentTests
{
    private const string Begin = "<!-- made from the tests: begin -->\n", End = "<!-- made from the tests: end -->";

    [Fact]
    public void The_attack_table_is_the_tests()
    {
        var path = Path.Combine(JobImage.Root(), "docs", "sandbox.md");
        var text = File.ReadAllText(path);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var expected = text[..from] + Render() + text[to..];
        if (Environment.GetEnvironmentVariable("HYPERNODE_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        File.ReadAllText(path).ShouldBe(expected, "stale: run the tests with HYPERNODE_UPDATE_DOCS=1");
    }

    private static string Render()
    {
        var text = new StringBuilder();
        Section("Resources", "ResourceAttacks", ResourceAttacks.Table);
        Section("The machine", "HostAttacks", HostAttacks.Table);
        Section("Networks", "NetworkAttacks", NetworkAttacks.Table);
        Section("Outputs", "OutputAttacks", OutputAttacks.Table);
        Section("Logs", "LogAttacks", LogAttacks.Table);
        text.Append("### System calls (`SyscallAttacks`)\n\nMade by a program of the job's own. The kernel refuses each one, for want of a capability or by our seccomp profile; the job goes on, and is paid as metered.\n\n")
            .Append(string.Join("; ", SyscallAttacks.Calls.Select(c => c.Name))).Append(".\n\n")
            .Append("### Commands (`SpecAttacks`)\n\nDeclined before anything is made, so nobody pays:\n\n| command | reason |\n|---|---|\n");
        foreach (var row in SpecAttacks.Table)
        {
            text.Append($"| {row[0]} | `{row[1]}` |\n");
        }

        return text.Append('\n').ToString();

        void Section(string title, string tests, IEnumerable<object[]> table)
        {
            text.Append($"### {title} (`{tests}`)\n\n| attack | what stops it | how it ends | who pays |\n|---|---|---|---|\n");
            foreach (var attack in table.Select(r => (Attack)r[0]))
            {
                text.Append($"| {attack.Name} | {attack.StoppedBy} | {attack.HowItEnds} | {attack.WhoPays} |\n");
            }

            text.Append('\n');
        }
    }
}
