namespace Hypernode.Cli.Adapters;

/// <summary>The clone that this program was built in: its scripts, examples and other programs.</summary>
internal sealed class Repository(string root)
{
    private const string Configuration = "Debug";

    public string Root => root;

    public string Script(string name) => Path.Combine(root, "eng", name);

    public string Example(params string[] path) => Path.Combine([root, "examples", .. path]);

    public string Localnet => Path.Combine(root, "localnet", "main.cjs");

    public string HostProgram => Program("Hypernode.Host", "Hypernode.Host.dll");

    public string AgentProgram => Program("Hypernode.NodeAgent", "hypernode-agent.dll");

    /// <summary>Built in Release and compiled ahead of time, as everything that it measures.</summary>
    public string BenchProgram => Path.Combine(root, "tests", "Hypernode.Bench", "bin", "ready", "Hypernode.Bench.dll");

    public string BenchPeers => Path.Combine(root, "tests", "Hypernode.Bench", "peers");

    /// <exception cref="CliException">Not inside a clone.</exception>
    public static Repository Find()
    {
        var folder = Environment.GetEnvironmentVariable("HYPERNODE_ROOT") ?? AppContext.BaseDirectory;
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(Path.Combine(at, "Hypernode.slnx")))
            {
                return new Repository(at);
            }
        }

        throw new CliException("hn must be run from a clone of the repository");
    }

    /// <summary>The build output of another project of the solution.</summary>
    private string Program(string project, string assembly) => Path.Combine(root, project, "bin", Configuration, "net10.0", assembly);
}
