using System.CommandLine;
using Hypernode.Cli.Bench;
using Hypernode.Cli.Blobs;
using Hypernode.Cli.Completion;
using Hypernode.Cli.Config;
using Hypernode.Cli.Demo;
using Hypernode.Cli.Jobs;
using Hypernode.Cli.Localnet;
using Hypernode.Cli.Nodes;
using Hypernode.Cli.Ops;
using Hypernode.Cli.Receipts;
using Hypernode.Cli.Up;
using Hypernode.Cli.Wallets;

namespace Hypernode.Cli;

/// <summary>The whole command line.</summary>
internal static class HnCommand
{
    public static RootCommand Create()
    {
        var root = All();
        ShortHelp.Use(root);
        return root;
    }

    private static RootCommand All() => new("Hypernode: a GPU compute marketplace on Solana. Start it as ./hn, which builds what changed.")
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
        OpsCommands.Create(),
        ConfigCommands.Create(),
        CompletionCommands.Create(),
    };
}
