using System.CommandLine;
using Hypernode.Cli.Bench;
using Hypernode.Cli.Blobs;
using Hypernode.Cli.Demo;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Localnet;
using Hypernode.Cli.Nodes;
using Hypernode.Cli.Receipts;
using Hypernode.Cli.Up;
using Hypernode.Cli.Wallets;

var root = new RootCommand("Hypernode: a GPU compute marketplace on Solana. Start it as ./hn, which builds what changed.")
{
    DemoCommand.Create(),
    UpCommand.Create(),
    LocalnetCommand.Create(),
    BenchCommand.Create(),
    ReceiptCommand.Create(),
    NodeCommands.Create(),
    BlobCommands.Create(),
    JobCommands.Create(),
    WalletCommands.Create(),
};

var parsed = root.Parse(args);

// Our own signal handling ends the stack in order; the library's would end the process after two seconds.
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

// A command line that was not understood is no answer to what was asked: 1 may mean a "no".
return parsed.Errors.Count > 0 ? 2 : exitCode;
