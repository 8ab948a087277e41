using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Hypernode.Cli.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Solana;

namespace Hypernode.Cli.Wallets;

/// <summary><c>hn wallet</c>: the key that pays.</summary>
internal static class WalletCommands
{
    private static readonly TimeProvider Time = TimeProvider.System;

    public static Command Create() => new(
        "wallet",
        """
        The key that pays for jobs: a file as the Solana CLI writes it. Exit codes as of hn job.

        Examples:
          ./hn wallet new wallet.json
          ./hn wallet import wallet.json --from ~/.config/solana/id.json
          ./hn wallet airdrop --wallet wallet.json --from .hypernode/embedded/keys/payer.json --rpc http://127.0.0.1:PORT
          ./hn wallet approve --wallet wallet.json --amount 10
        """)
    {
        New(),
        ImportCommand.Create(),
        Balance(),
        Airdrop(),
        Approve(),
    };

    /// <exception cref="CliException">There is something already.</exception>
    public static string NewFile(string given) => Path.GetFullPath(given) is var path && Path.Exists(path)
        ? throw new CliException($"{path} is there already: a key is never replaced") { ExitCode = ExitCodes.Usage }
        : path;

    private static Command New()
    {
        var file = new Argument<string>("FILE") { Description = "where it is written, readable by you alone" };
        var command = new Command(
            "new",
            """
            Make a wallet. A file that is there is never replaced, and the key is never printed.

            Examples:
              ./hn wallet new wallet.json
            """)
        {
            file, Connection.Json,
        };
        Connection.Handle(command, async (parsed, _) =>
        {
            var path = NewFile(parsed.GetRequiredValue(file));
            using var wallet = new Account();
            KeyFile.Create(path, wallet);
            await Connection.AnswerAsync(parsed, new JsonObject { ["address"] = wallet.PublicKey.Key, ["file"] = path }, () => $"wallet {wallet.PublicKey.Key}\nkey    {path}: who has this file has the money");
            return 0;
        });
        return command;
    }

    private static Command Balance()
    {
        var command = new Command(
            "balance",
            """
            What the wallet holds, and how much of it may be taken for signed intents.

            Examples:
              ./hn wallet balance --wallet wallet.json
              ./hn wallet balance --wallet wallet.json --json | jq .hyper
            """)
        {
            Connection.Wallet, Connection.Rpc, Connection.Network, Connection.Program, Connection.Json,
        };
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            using var wallet = Connection.OpenWallet(parsed);
            using var http = new HttpClient();
            IRpcClient rpc = Connection.RpcOf(parsed, http);
            var chain = Connection.ChainOf(parsed, rpc);
            var lamports = await rpc.GetBalanceAsync(wallet.PublicKey, cancellation: cancellationToken);
            var held = await chain.TokensAsync(wallet.PublicKey, cancellationToken);
            var ours = held?.Delegate is { } to && to == chain.Program.AllowanceAddress(wallet.PublicKey);
            var allowance = ours ? held!.DelegatedAmount : 0;
            var answer = new JsonObject
            {
                ["address"] = wallet.PublicKey.Key,
                ["lamports"] = lamports,
                ["hyper"] = held?.Amount ?? 0,
                ["allowance"] = allowance,
                ["otherDelegate"] = ours ? null : held?.Delegate?.Key,
            };
            await Connection.AnswerAsync(parsed, answer, () => string.Join('\n',
            [
                $"wallet     {wallet.PublicKey.Key}",
                $"HYPER      {new HyperAmount(held?.Amount ?? 0)}",
                $"allowance  {new HyperAmount(allowance)}",
                $"SOL        {(lamports / 1_000_000_000).ToString(CultureInfo.InvariantCulture)}.{(lamports % 1_000_000_000).ToString("d9", CultureInfo.InvariantCulture)}",
                .. !ours && held?.Delegate is { } other ? new[] { $"note: {other.Key} may take {new HyperAmount(held.DelegatedAmount)} HYPER; hn wallet approve would end that" } : [],
            ]));
            return 0;
        });
        return command;
    }

    private static Command Airdrop()
    {
        var from = new Option<FileInfo?>("--from") { Description = "key file of a wallet that gives HYPER (hn up prints its own); without it SOL alone comes" };
        var amount = Connection.Hyper("--amount", "HYPER, with --from", otherwise: "100");
        var command = new Command(
            "airdrop",
            """
            Play money, on a local network: a SOL from the chain's faucet, and HYPER from the network's own wallet.

            Examples:
              ./hn wallet airdrop --wallet wallet.json --from .hypernode/embedded/keys/payer.json --rpc http://127.0.0.1:PORT
            """)
        {
            from, amount, Connection.Wallet, Connection.Rpc, Connection.Network, Connection.Program, Connection.Json,
        };
        Nodes.NodeCommands.Refuse(from, t => File.Exists(t) ? null : $": there is no file {t}");
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            using var wallet = Connection.OpenWallet(parsed);
            using var http = new HttpClient();
            IRpcClient rpc = Connection.RpcOf(parsed, http);
            var chain = Connection.ChainOf(parsed, rpc);

            // First the faucet: a network without one is no place for play money, and nobody's HYPER moves there.
            const ulong sol = 1_000_000_000;
            var signature = await rpc.RequestAirdropAsync(wallet.PublicKey, sol, cancellationToken);
            var height = await rpc.GetBlockHeightAsync(cancellation: cancellationToken) + 150;
            Chain.KnownOutcome.Require(await new ConfirmationTracker(rpc, Time).AwaitAsync(signature, height, cancellation: cancellationToken), "the airdrop");
            var hyper = default(HyperAmount);
            if (parsed.GetValue(from) is { } giver)
            {
                hyper = Connection.AmountOf(parsed.GetRequiredValue(amount));
                using var key = KeyFile.Load(giver.FullName);
                await chain.TransferAsync(key, wallet.PublicKey, hyper.BaseUnits, Time, cancellationToken);
            }

            await Connection.AnswerAsync(
                parsed, new JsonObject { ["address"] = wallet.PublicKey.Key, ["lamports"] = sol, ["hyper"] = hyper.BaseUnits }, () => $"{wallet.PublicKey.Key} got 1 SOL and {hyper} HYPER");
            return 0;
        });
        return command;
    }

    private static Command Approve()
    {
        var amount = Connection.Hyper("--amount", "HYPER that signed intents may take in all");
        var replace = new Option<bool>("--replace") { Description = "end another program's allowance: a wallet has one at a time" };
        var command = new Command(
            "approve",
            """
            The wallet's one transaction: from now on a signed intent is enough, up to this amount. It sets the allowance, and does not add to it.

            Examples:
              ./hn wallet approve --wallet wallet.json --amount 10
            """)
        {
            amount, replace, Connection.Wallet, Connection.Rpc, Connection.Network, Connection.Program, Connection.Json,
        };
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            using var wallet = Connection.OpenWallet(parsed);
            using var http = new HttpClient();
            var chain = Connection.ChainOf(parsed, Connection.RpcOf(parsed, http));
            var held = await chain.TokensAsync(wallet.PublicKey, cancellationToken);
            if (held?.Delegate is { } other && other != chain.Program.AllowanceAddress(wallet.PublicKey))
            {
                var warning = $"this replaces another delegate of the wallet's: {other.Key}, which may take {new HyperAmount(held.DelegatedAmount)} HYPER";
                CommandRun.Say(parsed.GetValue(replace) ? warning : throw new CliException($"{warning}; --replace does it all the same"));
            }

            var hyper = Connection.AmountOf(parsed.GetRequiredValue(amount));
            var (signature, replaced) = await chain.ApproveAllowanceAsync(wallet, hyper.BaseUnits, Time, cancellationToken);
            await Connection.AnswerAsync(
                parsed,
                new JsonObject { ["address"] = wallet.PublicKey.Key, ["allowance"] = hyper.BaseUnits, ["signature"] = signature, ["replaced"] = replaced?.Key },
                () => $"signed intents may take {hyper} HYPER of {wallet.PublicKey.Key}\ntransaction {signature}");
            return 0;
        });
        return command;
    }
}
