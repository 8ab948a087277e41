using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.NodeRegistry;

public enum NodeStatus : byte
{
    Active = 0,
    Offline = 1,
    Slashed = 2,
    Draining = 3,
    Jailed = 4,
    Retired = 5,
}

/// <summary>By stake: how many jobs at once.</summary>
public enum NodeTier : byte
{
    None = 0,
    Starter = 1,
    Standard = 2,
    Professional = 3,
    Enterprise = 4,
}

public enum IncidentStatus : byte
{
    Pending = 0,
    Dismissed = 1,
    Executed = 2,
}

/// <summary>The program's settings.</summary>
/// <param name="Cluster">32 bytes that stand for the cluster in every signed statement</param>
/// <param name="SlashVault">where slashed stake goes</param>
/// <param name="Threshold">how many of the oracles must sign</param>
/// <param name="UnstakeCooldown">seconds</param>
/// <param name="AppealWindow">seconds</param>
/// <param name="SlashCapBps">the most that one incident may cost, in basis points of what is at stake</param>
public sealed record RegistryConfig(
    byte[] Cluster, PublicKey Mint, PublicKey SlashVault, IReadOnlyList<PublicKey> Oracles, byte Threshold,
    long UnstakeCooldown, long AppealWindow, ushort SlashCapBps, byte Bump)
{
    public const int OracleCount = 5;

    private static readonly byte[] Discriminator = AnchorDiscriminator.Account("Config");

    /// <exception cref="FormatException">not the data of a Config account</exception>
    public static RegistryConfig Decode(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        reader.Expect(Discriminator, "a Config account");
        var (cluster, mint, vault) = (reader.Bytes(32), reader.Key(), reader.Key());
        var oracles = new PublicKey[OracleCount];
        for (var i = 0; i < oracles.Length; i++)
        {
            oracles[i] = reader.Key();
        }

        return new RegistryConfig(cluster, mint, vault, oracles, reader.U8(), reader.I64(), reader.I64(), reader.U16(), reader.U8());
    }

    /// <summary>Null unless the account exists and the program owns it.</summary>
    public static RegistryConfig? From(AccountInfo? account, PublicKey program) =>
        account is not null && account.Owner == program ? Decode(account.Data) : null;
}

/// <summary>One node's owner, stake and record. A retired one stays as a tombstone. Amounts are base units, times seconds since the epoch.</summary>
/// <param name="Authority">the owner: stakes, withdraws, is paid</param>
/// <param name="NodeKey">what the machine signs with</param>
/// <param name="StakeAmount">what counts for the tier</param>
/// <param name="Unstaking">on its way out; can still be slashed</param>
/// <param name="PendingSlash">what all pending incidents together may cost</param>
/// <param name="Reputation">0 to 10,000</param>
/// <param name="Sequence">of the last statement of the oracles</param>
public sealed record RegisteredNode(
    Guid NodeId,
    PublicKey Authority,
    PublicKey NodeKey,
    PublicKey RentPayer,
    ulong StakeAmount,
    ulong Unstaking,
    long UnstakeAt,
    ulong PendingSlash,
    uint PendingIncidents,
    ulong SlashedTotal,
    NodeTier Tier,
    NodeStatus Status,
    ushort Reputation,
    ulong Sequence,
    ulong TotalJobsCompleted,
    ulong TotalFaults,
    ulong TotalEarned,
    long RegisteredAt,
    long LastActiveAt,
    byte Bump,
    byte StakeBump,
    byte[] MetadataHash,
    string MetadataUri)
{
    private static readonly byte[] Discriminator = AnchorDiscriminator.Account("NodeAccount");

    internal static ReadOnlySpan<byte> DiscriminatorBytes => Discriminator;

    /// <exception cref="FormatException">not the data of a NodeAccount</exception>
    public static RegisteredNode Decode(ReadOnlySpan<byte> data)
    {
        var reader = new WireReader(data);
        reader.Expect(Discriminator, "a NodeAccount");
        // A record's arguments are evaluated in order, which is the order on the wire.
        return new RegisteredNode(
            NodeId: reader.Uuid(),
            Authority: reader.Key(),
            NodeKey: reader.Key(),
            RentPayer: reader.Key(),
            StakeAmount: reader.U64(),
            Unstaking: reader.U64(),
            UnstakeAt: reader.I64(),
            PendingSlash: reader.U64(),
            PendingIncidents: reader.U32(),
            SlashedTotal: reader.U64(),
            Tier: (NodeTier)reader.U8(),
            Status: (NodeStatus)reader.U8(),
            Reputation: reader.U16(),
            Sequence: reader.U64(),
            TotalJobsCompleted: reader.U64(),
            TotalFaults: reader.U64(),
            TotalEarned: reader.U64(),
            RegisteredAt: reader.I64(),
            LastActiveAt: reader.I64(),
            Bump: reader.U8(),
            StakeBump: reader.U8(),
            MetadataHash: reader.Bytes(32),
            MetadataUri: reader.Text());
    }

    /// <summary>Null unless the account exists and the program owns it.</summary>
    public static RegisteredNode? From(AccountInfo? account, PublicKey program) =>
        account is not null && account.Owner == program ? Decode(account.Data) : null;
}

/// <summary>One accusation; its id is used once, for ever.</summary>
/// <param name="Amount">base units</param>
/// <param name="ExecutableAt">seconds since the epoch; an appeal moves it</param>
/// <param name="ResolvedAt">0: pending</param>
public sealed record Incident(
    Guid IncidentId, Guid NodeId, ulong Amount, byte[] EvidenceHash, byte[] AppealHash, long ProposedAt, long ExecutableAt, long ResolvedAt,
    IncidentStatus Status, byte Bump)
{
    private static readonly byte[] Discriminator = AnchorDiscriminator.Account("Incident");

    internal static ReadOnlySpan<byte> DiscriminatorBytes => Discriminator;

    /// <exception cref="FormatException">not the data of an Incident</exception>
    public static Incident Decode(ReadOnlySpan<byte> data)
    {
        var r = new WireReader(data);
        r.Expect(Discriminator, "an Incident");
        return new Incident(
            r.Uuid(), r.Uuid(), r.U64(), r.Bytes(32), r.Bytes(32), r.I64(), r.I64(), r.I64(), (IncidentStatus)r.U8(), r.U8());
    }

    /// <summary>Null unless the account exists and the program owns it.</summary>
    public static Incident? From(AccountInfo? account, PublicKey program) =>
        account is not null && account.Owner == program ? Decode(account.Data) : null;
}

/// <summary>What the chain says of the registry.</summary>
public sealed class NodeRegistryReader(IRpcClient rpc, NodeRegistryProgram program)
{
    /// <returns>null before initialize</returns>
    public async Task<RegistryConfig?> GetConfigAsync(CancellationToken cancellation = default) =>
        RegistryConfig.From(await rpc.GetAccountInfoAsync(program.ConfigAddress, cancellation: cancellation), program.ProgramIdKey);

    /// <returns>null when there is no such node</returns>
    public async Task<RegisteredNode?> GetNodeAsync(Guid nodeId, CancellationToken cancellation = default) =>
        RegisteredNode.From(await rpc.GetAccountInfoAsync(program.NodeAddress(nodeId), cancellation: cancellation), program.ProgramIdKey);

    /// <returns>null when there is no such incident</returns>
    public async Task<Incident?> GetIncidentAsync(Guid incidentId, CancellationToken cancellation = default) =>
        Incident.From(await rpc.GetAccountInfoAsync(program.IncidentAddress(incidentId), cancellation: cancellation), program.ProgramIdKey);

    /// <summary>All of them, retired ones too.</summary>
    public async Task<IReadOnlyList<RegisteredNode>> ListNodesAsync(CancellationToken cancellation = default)
    {
        var accounts = await rpc.GetProgramAccountsAsync(
            program.ProgramIdKey, [new AccountFilter.Memcmp(0, RegisteredNode.DiscriminatorBytes.ToArray())], cancellation: cancellation);
        return [.. accounts.Select(a => RegisteredNode.Decode(a.Account.Data))];
    }

    /// <summary>All of them: an incident's account is never closed.</summary>
    public async Task<IReadOnlyList<Incident>> ListIncidentsAsync(CancellationToken cancellation = default)
    {
        var accounts = await rpc.GetProgramAccountsAsync(
            program.ProgramIdKey, [new AccountFilter.Memcmp(0, Incident.DiscriminatorBytes.ToArray())], cancellation: cancellation);
        return [.. accounts.Select(a => Incident.Decode(a.Account.Data))];
    }
}
