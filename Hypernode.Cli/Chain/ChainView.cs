using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Cli.Chain;

/// <summary>The chain as a payer sees it: asked directly, so that nothing has to be believed that a server says.</summary>
public sealed class ChainView(IRpcClient rpc, PublicKey program, string network)
{
    private readonly FacilitatorProgram _program = new(program);
    private FacilitatorConfig? _config;

    public FacilitatorProgram Program => _program;

    /// <exception cref="CliException">The program was never initialized.</exception>
    public async Task<FacilitatorConfig> ConfigAsync(CancellationToken cancellationToken) =>
        _config ??= await new FacilitatorReader(rpc, _program).GetConfigAsync(cancellationToken)
            ?? throw new CliException("the facilitator on this chain is not initialized");

    public async Task<Deployment> DeploymentAsync(CancellationToken cancellationToken)
    {
        var config = await ConfigAsync(cancellationToken);
        return new Deployment(
            network, Hash256.FromBytes(config.Cluster), WalletAddress.FromBytes(program.AsSpan()), WalletAddress.FromBytes(config.Mint.AsSpan()));
    }

    /// <summary>Every balance that a payment touches, of one slot.</summary>
    /// <param name="nodes">By node id, the wallet that it earns for.</param>
    public async Task<Balances> BalancesAsync(
        PublicKey payer, Guid? intent, IReadOnlyDictionary<string, PublicKey> nodes, CancellationToken cancellationToken)
    {
        var config = await ConfigAsync(cancellationToken);
        var order = nodes.OrderBy(n => n.Key, StringComparer.Ordinal).ToList();
        var accounts = await rpc.GetMultipleAccountsAsync(
            [
                config.Mint,
                FacilitatorProgram.TokenAccountOf(payer, config.Mint),
                intent is { } id ? _program.EscrowAddress(id) : _program.ConfigAddress,
                config.ProtocolVault,
                config.PlatformVault,
                .. order.Select(n => FacilitatorProgram.TokenAccountOf(n.Value, config.Mint)),
            ],
            cancellation: cancellationToken);

        // An account that is not there holds nothing.
        ulong Amount(int at) => TokenAccount.From(accounts[at])?.Amount ?? 0;
        return new Balances(
            Payer: Amount(1),
            Escrow: Amount(2),
            Protocol: Amount(3),
            Platform: Amount(4),
            Nodes: order.Select((n, i) => (n.Key, Held: Amount(5 + i))).ToDictionary(n => n.Key, n => n.Held, StringComparer.Ordinal),
            Supply: TokenMint.From(accounts[0])?.Supply ?? 0);
    }

    public Task<PaymentIntentAccount?> PaymentAsync(Guid intent, CancellationToken cancellationToken) =>
        new FacilitatorReader(rpc, _program).GetPaymentAsync(intent, cancellation: cancellationToken);

    /// <summary>Every payment that this chain has seen, by how it ended.</summary>
    public async Task<IReadOnlyList<PaymentIntentAccount>> PaymentsAsync(CancellationToken cancellationToken)
    {
        var reader = new FacilitatorReader(rpc, _program);
        var all = new List<PaymentIntentAccount>();
        foreach (var status in Enum.GetValues<PaymentStatus>())
        {
            all.AddRange(await reader.ListPaymentsAsync(status, cancellationToken));
        }

        return all;
    }

    /// <summary>What a wallet holds, and whom it lets take some of it; null where it has no account for HYPER.</summary>
    public async Task<TokenAccount?> TokensAsync(PublicKey wallet, CancellationToken cancellationToken)
    {
        var config = await ConfigAsync(cancellationToken);
        return TokenAccount.From(await rpc.GetAccountInfoAsync(FacilitatorProgram.TokenAccountOf(wallet, config.Mint), cancellation: cancellationToken));
    }

    /// <summary>Moves HYPER between wallets; opens the receiver's account where it has none.</summary>
    /// <exception cref="CliException">It did not happen, or that is not known.</exception>
    public async Task<string> TransferAsync(Account from, PublicKey to, ulong amount, TimeProvider time, CancellationToken cancellationToken)
    {
        var mint = (await ConfigAsync(cancellationToken)).Mint;
        await EnsureFeesAsync(from, time, cancellationToken);
        var result = await new TransactionSender(rpc, new ConfirmationTracker(rpc, time)).SendAsync(
            [
                AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(from.PublicKey, to, mint),
                TokenProgram.TransferChecked(
                    FacilitatorProgram.TokenAccountOf(from.PublicKey, mint), FacilitatorProgram.TokenAccountOf(to, mint), amount, 6, from.PublicKey, mint),
            ],
            from,
            cancellation: cancellationToken);
        return KnownOutcome.Require(result, "the transfer");
    }

    /// <summary>The payer's one transaction: from now on a signed text is enough, up to <paramref name="amount"/>.</summary>
    /// <returns>Its signature, and the delegate that it replaced, if any.</returns>
    /// <exception cref="CliException">It did not happen, or that is not known.</exception>
    public async Task<(string Signature, PublicKey? Replaced)> ApproveAllowanceAsync(
        Account payer, ulong amount, TimeProvider time, CancellationToken cancellationToken)
    {
        var config = await ConfigAsync(cancellationToken);
        var tokens = FacilitatorProgram.TokenAccountOf(payer.PublicKey, config.Mint);
        var held = TokenAccount.From(await rpc.GetAccountInfoAsync(tokens, cancellation: cancellationToken))
            ?? throw new CliException($"the wallet {payer.PublicKey} holds no HYPER");
        var allowance = _program.AllowanceAddress(payer.PublicKey);
        await EnsureFeesAsync(payer, time, cancellationToken);
        var sender = new TransactionSender(rpc, new ConfirmationTracker(rpc, time));
        var result = await sender.SendAsync(
            [TokenProgram.ApproveChecked(tokens, allowance, amount, 6, payer.PublicKey, config.Mint)], payer, cancellation: cancellationToken);
        return (KnownOutcome.Require(result, "the approval"), held.Delegate is { } other && other != allowance ? other : null);
    }

    /// <summary>The approval is the payer's own transaction, so it needs a little SOL; a local network gives it.</summary>
    private async Task EnsureFeesAsync(Account payer, TimeProvider time, CancellationToken cancellationToken)
    {
        const ulong enough = 1_000_000;
        if (await rpc.GetBalanceAsync(payer.PublicKey, cancellation: cancellationToken) >= enough)
        {
            return;
        }

        var signature = await rpc.RequestAirdropAsync(payer.PublicKey, 1_000_000_000, cancellationToken);
        await new ConfirmationTracker(rpc, time).AwaitAsync(
            signature, await rpc.GetBlockHeightAsync(cancellation: cancellationToken) + 150, cancellation: cancellationToken);
    }
}
