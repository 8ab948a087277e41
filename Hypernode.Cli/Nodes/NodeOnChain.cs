using Hypernode.Cli.Chain;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.NodeRegistry;
using ChainStatus = Hypernode.Solana.NodeRegistry.NodeStatus;
using ChainAccount = Hypernode.Solana.Account;

namespace Hypernode.Cli.Nodes;

/// <summary>A node in the registry: what it is, and what is still to be signed for it to be as it shall.</summary>
internal sealed class NodeOnChain(IRpcClient rpc, PublicKey registry, TimeProvider time, ConfirmationOptions? patience = null)
{
    private const ulong LamportsPerMilliSol = 1_000_000;

    /// <summary>Base units: below it the registry lets no node be active.</summary>
    private const ulong LeastStake = 100_000_000;

    private const ulong EnoughForRent = 20 * LamportsPerMilliSol;
    private readonly NodeRegistryProgram _program = new(registry);
    private readonly ConfirmationTracker _tracker = new(rpc, time, patience);

    public Task<RegisteredNode?> FindAsync(NodeId node, CancellationToken cancellationToken) =>
        new NodeRegistryReader(rpc, _program).GetNodeAsync(node.Value, cancellationToken);

    /// <summary>What it takes to have the node registered with this offer and at least this stake; empty: nothing.</summary>
    /// <returns>The instructions, and each in a few words.</returns>
    /// <exception cref="CliException">The node is another's, or can't be made so.</exception>
    public async Task<IReadOnlyList<(TransactionInstruction Instruction, string What)>> MissingAsync(
        NodeId node, PublicKey authority, PublicKey nodeKey, NodeOffer offer, ulong stake, CancellationToken cancellationToken)
    {
        var config = await new NodeRegistryReader(rpc, _program).GetConfigAsync(cancellationToken)
            ?? throw new CliException($"--registry: there is no node registry at {_program.ProgramIdKey} on this chain");
        var known = await FindAsync(node, cancellationToken);
        if (known is not null && (known.Authority != authority || known.NodeKey != nodeKey))
        {
            throw new CliException($"the node {node} is registered to the wallet {known.Authority} with the key {known.NodeKey}: not ours");
        }

        if (known?.Status is ChainStatus.Retired or ChainStatus.Slashed)
        {
            throw new CliException($"the node {node} is {known.Status} for good: join with another --data folder as a new node");
        }

        var missing = new List<(TransactionInstruction, string)>();
        var hash = Hash256.Of(CanonicalJson.Serialize(offer)).ToBytes();
        if (known is null)
        {
            missing.Add((_program.RegisterNode(node.Value, hash, "", authority, nodeKey, authority, config.Mint), "register the node"));
        }
        else if (!known.MetadataHash.AsSpan().SequenceEqual(hash))
        {
            missing.Add((_program.UpdateMetadata(node.Value, hash, "", authority), "publish the new offer's hash"));
        }

        var staked = known?.StakeAmount ?? 0;
        if (staked < stake)
        {
            var tokens = FacilitatorProgram.TokenAccountOf(authority, config.Mint);
            var held = TokenAccount.From(await rpc.GetAccountInfoAsync(tokens, cancellation: cancellationToken))?.Amount ?? 0;
            if (held < stake - staked)
            {
                throw new CliException($"--stake: the wallet {authority} holds {new HyperAmount(held)} HYPER, {new HyperAmount(stake - staked)} are still to be staked");
            }

            missing.Add((_program.Stake(node.Value, stake - staked, authority, tokens, config.Mint), $"stake {new HyperAmount(stake - staked)} HYPER"));
        }

        // A node is registered as offline. One that its owner set draining stays so.
        if ((known is null || known.Status == ChainStatus.Offline) && Math.Max(staked, stake) >= LeastStake)
        {
            missing.Add((_program.SetStatus(node.Value, ChainStatus.Active, authority), "set it active"));
        }

        return missing;
    }

    /// <summary>Asks what became of the transaction that was sent before, if that is still open.</summary>
    /// <exception cref="CliException">It is not known: nothing may be staked until it is.</exception>
    public async Task LearnAsync(PendingFile sent, CancellationToken cancellationToken)
    {
        if (sent.Read() is not { } pending)
        {
            return;
        }

        var result = await _tracker.AwaitAsync(pending.Signature, pending.LastValidBlockHeight, cancellation: cancellationToken);
        if (result is ConfirmationResult.Unknown)
        {
            KnownOutcome.Require(result, "the registration that was sent before");
        }

        // Happened or not: what is missing now is looked for on chain.
        sent.Forget();
    }

    /// <param name="sent">Holds the transaction until its end is known.</param>
    /// <returns>The transaction's signature.</returns>
    /// <exception cref="CliException">It did not happen, or that is not known.</exception>
    public async Task<string> SendAsync(
        IReadOnlyList<TransactionInstruction> instructions, ChainAccount wallet, ChainAccount nodeKey, PendingFile sent, bool faucet, CancellationToken cancellationToken)
    {
        if (await rpc.GetBalanceAsync(wallet.PublicKey, cancellation: cancellationToken) < EnoughForRent)
        {
            await FundAsync(wallet.PublicKey, faucet, cancellationToken);
        }

        var blockhash = await rpc.GetLatestBlockHashAsync(cancellation: cancellationToken);
        var transaction = Unsigned(instructions, wallet.PublicKey, blockhash).Build([wallet, .. Signers(instructions, nodeKey)]);
        sent.Keep(new PendingTransaction(transaction.Signature, blockhash.LastValidBlockHeight));
        var result = await new TransactionSender(rpc, _tracker).SendAsync(transaction, blockhash.LastValidBlockHeight, cancellation: cancellationToken);
        if (result is not ConfirmationResult.Unknown)
        {
            sent.Forget();
        }

        return KnownOutcome.Require(result, "the registration");
    }

    /// <summary>Signed by the node's key where that is needed; the wallet signs elsewhere, within a minute or so.</summary>
    /// <returns>Base64.</returns>
    public async Task<string> UnsignedAsync(
        IReadOnlyList<TransactionInstruction> instructions, PublicKey wallet, ChainAccount nodeKey, CancellationToken cancellationToken)
    {
        var blockhash = await rpc.GetLatestBlockHashAsync(cancellation: cancellationToken);
        var transaction = Unsigned(instructions, wallet, blockhash).BuildPartiallySigned(Signers(instructions, nodeKey));
        return Convert.ToBase64String(transaction.Serialize());
    }

    private static TransactionBuilder Unsigned(IReadOnlyList<TransactionInstruction> instructions, PublicKey feePayer, LatestBlockHash blockhash) =>
        new TransactionBuilder().SetRecentBlockHash(blockhash.Blockhash).SetFeePayer(feePayer).AddInstructions(instructions);

    /// <summary>The key signs the registration alone.</summary>
    private static ChainAccount[] Signers(IReadOnlyList<TransactionInstruction> instructions, ChainAccount nodeKey) =>
        instructions.Any(i => i.Keys.Any(a => a.IsSigner && a.PublicKey == nodeKey.PublicKey)) ? [nodeKey] : [];

    private async Task FundAsync(PublicKey wallet, bool faucet, CancellationToken cancellationToken)
    {
        if (!faucet)
        {
            throw new CliException($"--wallet: {wallet} needs {EnoughForRent / LamportsPerMilliSol} thousandths of a SOL for the account's rent and the fee");
        }

        var signature = await rpc.RequestAirdropAsync(wallet, 1_000_000_000, cancellationToken);
        await _tracker.AwaitAsync(
            signature, await rpc.GetBlockHeightAsync(cancellation: cancellationToken) + 150, cancellation: cancellationToken);
    }
}
