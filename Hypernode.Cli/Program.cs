using System.CommandLine;
using Hypernode.Cli.Bench;
using Hypernode.Cli.Demo;
using Hypernode.Cli.Localnet;
using Hypernode.Cli.Up;

var root = new RootCommand("Hypernode: a GPU compute marketplace on Solana. Start it as ./hn, which builds what changed.")
{
    DemoCommand.Create(),
    UpCommand.Create(),
    LocalnetCommand.Create(),
    BenchCommand.Create(),
};

// Our own signal handling ends the stack in order; the library's would end the process after two seconds.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
