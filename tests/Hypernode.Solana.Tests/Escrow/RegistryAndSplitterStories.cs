using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Solana.Facilitator;
using Hypernode.Solana.NodeRegistry;
using Hypernode.Solana.Splitter;
using Hypernode.Solana.Tests.Localnet;
using Hypernode.Workers.Adapters.Solana;
using NodeStatus = Hypernode.Solana.NodeRegistry.NodeStatus;

namespace Hypernode.Solana.Tests.Escrow;

/// <summary>The registry and the splitter that the bootstrap set up, through the C# clients.</summary>
[Trait("Needs", "localnet")]
public sealed class RegistryAndSplitterStories(EscrowFixture fixture) : IClassFixture<EscrowFixture>
{
    private const ulong Hyper = 1_000_000;

    [Fact]
    public async Task A_node_registers_stakes_works_and_is_accused()
    {
        var (program, config) = (fixture.Setup.RegistryProgram, fixture.Setup.Registry);
        var reader = new NodeRegistryReader(fixture.Rpc, program);
        using var owner = new Account();
        using var machine = new Account();
        var (id, relayer, token) = (FacilitatorWorld.NewId(), fixture.Keys.Relayer, FacilitatorProgram.TokenAccountOf(owner.PublicKey, fixture.Mint));
        await fixture.FundAsync(owner);

        var registered = await SendAsync([program.RegisterNode(id, new byte[32], "https://node.example/meta.json", owner.PublicKey, machine.PublicKey, relayer.PublicKey, fixture.Mint)], owner, machine);
        NodeRegistryEvent.Read(registered.Logs, program.ProgramIdKey).ShouldBe([new NodeRegistryEvent.NodeRegistered(id, owner.PublicKey, machine.PublicKey)]);
        await SendAsync([program.Stake(id, 120 * Hyper, owner.PublicKey, token, fixture.Mint), program.SetStatus(id, NodeStatus.Active, owner.PublicKey)], owner);
        var node = (await reader.GetNodeAsync(id)).ShouldNotBeNull();
        (node.Authority, node.NodeKey, node.StakeAmount, node.Tier, node.Status, node.Reputation, node.MetadataUri)
            .ShouldBe((owner.PublicKey, machine.PublicKey, 120 * Hyper, NodeTier.Starter, NodeStatus.Active, (ushort)5_000, "https://node.example/meta.json"));
        (await reader.ListNodesAsync()).ShouldContain(n => n.NodeId == id);

        var validUntil = FacilitatorWorld.Now() / 1_000 + 600;
        var outcomes = new OutcomesStatement(id, node.Sequence + 1, Completed: 3, Faults: 1, Earned: 2 * Hyper, FacilitatorWorld.Now() / 1_000, validUntil);
        await SendAsync(program.RecordOutcomes(outcomes, config, Signed(outcomes.Digest(config.Cluster, program.ProgramIdKey))));
        var again = await fixture.Localnet.Sender.SendAsync(program.RecordOutcomes(outcomes, config, Signed(outcomes.Digest(config.Cluster, program.ProgramIdKey))), relayer);
        again.ShouldHaveFailed().As<NodeRegistryError>(program.ProgramIdKey).ShouldBe(NodeRegistryError.SequenceNotNext);
        node = (await reader.GetNodeAsync(id)).ShouldNotBeNull();
        (node.TotalJobsCompleted, node.TotalFaults, node.TotalEarned).ShouldBe((3ul, 1ul, 2 * Hyper));

        await SendAsync([program.RequestUnstake(id, 20 * Hyper, owner.PublicKey)], owner);
        (await fixture.Localnet.Sender.SendAsync([program.Withdraw(id, 20 * Hyper, owner.PublicKey, token, fixture.Mint)], relayer, [owner]))
            .ShouldHaveFailed().As<NodeRegistryError>(program.ProgramIdKey).ShouldBe(NodeRegistryError.CooldownNotOver);

        var slash = new SlashStatement(id, FacilitatorWorld.NewId(), 10 * Hyper, FacilitatorWorld.Filled(9), validUntil);
        await SendAsync(program.ProposeSlash(slash, config, relayer.PublicKey, Signed(slash.Digest(config.Cluster, program.ProgramIdKey))));
        await SendAsync([program.AppealSlash(id, slash.IncidentId, FacilitatorWorld.Filled(8), owner.PublicKey)], owner);
        (await reader.GetNodeAsync(id)).ShouldNotBeNull().Status.ShouldBe(NodeStatus.Jailed);
        (await new SolanaNodeRegistry(fixture.Rpc, program).ListAsync(default)).ShouldContain(new RegistryEntry(
            new NodeId(id), WalletAddress.FromBytes(machine.PublicKey.AsSpan()), WalletAddress.FromBytes(owner.PublicKey.AsSpan()), Contracts.Nodes.NodeStatus.Jailed));
        var stakes = new SolanaChainFacts(fixture.Rpc, new FacilitatorProgram(fixture.ProgramKey.PublicKey), program);
        var accused = (await stakes.StakesAsync(default)).Single(s => s.NodeId.Value == id);
        (accused.Stake, accused.Unstaking, accused.Held, accused.PendingSlash, accused.PendingIncidents, accused.SlashedTotal)
            .ShouldBe((100 * Hyper, 20 * Hyper, 120 * Hyper, 10 * Hyper, 1u, 0ul));
        accused.Incidents.ShouldBe([new IncidentFacts(slash.IncidentId, 10 * Hyper, IncidentState.Pending)]);
        (await reader.GetIncidentAsync(slash.IncidentId)).ShouldNotBeNull().Amount.ShouldBe(10 * Hyper);
        (await fixture.Localnet.Sender.SendAsync([program.ExecuteSlash(id, slash.IncidentId, config)], relayer))
            .ShouldHaveFailed().As<NodeRegistryError>(program.ProgramIdKey).ShouldBe(NodeRegistryError.AppealWindowOpen);

        var dismissal = new DismissalStatement(id, slash.IncidentId, validUntil);
        await SendAsync(program.DismissSlash(dismissal, config, Signed(dismissal.Digest(config.Cluster, program.ProgramIdKey))));
        var free = (await reader.GetNodeAsync(id)).ShouldNotBeNull();
        (free.PendingIncidents, free.PendingSlash, free.SlashedTotal).ShouldBe((0u, 0ul, 0ul));
        (await stakes.StakesAsync(default)).Single(s => s.NodeId.Value == id).Incidents.ShouldHaveSingleItem().State.ShouldBe(IncidentState.Dismissed);
    }

    [Fact]
    public async Task A_fee_vault_is_passed_on_to_the_last_unit()
    {
        var (program, config) = (fixture.Setup.SplitterProgram, fixture.Setup.Splitter);
        fixture.Setup.Config.ProtocolVault.ShouldBe(program.VaultAddress(Fee.Protocol, 0), "what the facilitator takes arrives in the splitter's vaults");
        var vault = program.VaultAddress(Fee.Protocol, 0);
        var held = await BalanceAsync(vault);
        const ulong fee = 1_000_003;
        await SendAsync([TokenProgram.TransferChecked(FacilitatorProgram.TokenAccountOf(fixture.Wallet.PublicKey, fixture.Mint), vault, fee, 6, fixture.Wallet.PublicKey, fixture.Mint)], fixture.Wallet);
        var (treasury, development, pool) = (await BalanceAsync(config.Rules.Treasury), await BalanceAsync(config.Rules.Development), await BalanceAsync(config.Rules.StakingPool));

        var sent = await SendAsync([program.Distribute(Fee.Protocol, 0, config)]);
        var told = PaymentSplitterEvent.Read(sent.Logs, program.ProgramIdKey).ShouldHaveSingleItem().ShouldBeOfType<PaymentSplitterEvent.Distributed>();
        (told.Fee, told.Shard, told.Amount, told.Burned).ShouldBe((Fee.Protocol, (ushort)0, held + fee, 0ul));
        (told.Treasury + told.Development + told.StakingPool).ShouldBe(told.Amount);
        (await BalanceAsync(vault)).ShouldBe(0ul);
        (await BalanceAsync(config.Rules.Treasury) - treasury, await BalanceAsync(config.Rules.Development) - development, await BalanceAsync(config.Rules.StakingPool) - pool)
            .ShouldBe((told.Treasury, told.Development, told.StakingPool));
        (await fixture.Localnet.Sender.SendAsync([program.Distribute(Fee.Protocol, 0, config)], fixture.Keys.Relayer))
            .ShouldHaveFailed().As<PaymentSplitterError>(program.ProgramIdKey).ShouldBe(PaymentSplitterError.NothingToDistribute);
    }

    private async Task<ulong> BalanceAsync(PublicKey account) => (await fixture.Rpc.GetTokenAccountBalanceAsync(account)).Amount;

    private (PublicKey, byte[])[] Signed(byte[] digest) => [.. fixture.Keys.Oracles.Take(ChainBootstrap.OracleThreshold).Select(o => (o.PublicKey, o.Sign(digest)))];

    private async Task<TransactionInfo> SendAsync(IReadOnlyList<TransactionInstruction> instructions, params IReadOnlyList<Account> signers)
    {
        var result = await fixture.Localnet.Sender.SendAsync(instructions, fixture.Keys.Relayer, signers);
        result.ShouldHaveHappened();
        return (await fixture.Rpc.GetTransactionAsync(result.Signature)).ShouldNotBeNull();
    }
}
