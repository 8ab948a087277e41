using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.NodeRegistry;

/// <summary>Who may work, and what he has at stake: the program's addresses and its instructions. Amounts are base units of HYPER.</summary>
public sealed class NodeRegistryProgram(PublicKey programId)
{
    public PublicKey ProgramIdKey => programId;

    public PublicKey ConfigAddress => Derive("config"u8);

    /// <summary>The node's record, which is also its stake's authority.</summary>
    public PublicKey NodeAddress(Guid nodeId) => Derive("node"u8, nodeId);

    /// <summary>The token account with the node's stake.</summary>
    public PublicKey StakeAddress(Guid nodeId) => Derive("stake"u8, nodeId);

    public PublicKey IncidentAddress(Guid incidentId) => Derive("incident"u8, incidentId);

    /// <param name="upgradeAuthority">signs and pays: only who may replace the program may set it up</param>
    /// <param name="slashVault">a token account of the mint</param>
    public TransactionInstruction Initialize(RegistryTerms terms, PublicKey upgradeAuthority, PublicKey mint, PublicKey slashVault)
    {
        if (terms.Oracles.Count != RegistryConfig.OracleCount)
        {
            throw new ArgumentException($"{RegistryConfig.OracleCount} oracles, not {terms.Oracles.Count}.", nameof(terms));
        }

        var data = Call("initialize").Fixed(terms.Cluster, 32, "A cluster id");
        foreach (var oracle in terms.Oracles)
        {
            data.Key(oracle);
        }

        return new TransactionInstruction(programId,
            [
                AccountMeta.Writable(upgradeAuthority, isSigner: true),
                AccountMeta.Writable(ConfigAddress),
                AccountMeta.ReadOnly(mint),
                AccountMeta.ReadOnly(slashVault),
                AccountMeta.ReadOnly(BpfLoaderUpgradeableProgram.DeriveProgramDataAddress(programId)),
                AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
            ],
            data.U8(terms.Threshold).I64(terms.UnstakeCooldown).I64(terms.AppealWindow).U16(terms.SlashCapBps).ToArray());
    }

    /// <param name="authority">owns the node; signs</param>
    /// <param name="nodeKey">what the machine signs its receipts with; signs once, to show that it is there</param>
    /// <param name="rentPayer">signs, and gets most of it back when the node retires</param>
    /// <param name="metadataHash">32 bytes: SHA-256 of what is at the address</param>
    /// <param name="metadataUri">at most 128 characters of printable ASCII</param>
    public TransactionInstruction RegisterNode(
        Guid nodeId, ReadOnlySpan<byte> metadataHash, string metadataUri, PublicKey authority, PublicKey nodeKey, PublicKey rentPayer, PublicKey mint) => new(
        programId,
        [
            AccountMeta.ReadOnly(authority, isSigner: true),
            AccountMeta.ReadOnly(nodeKey, isSigner: true),
            AccountMeta.Writable(rentPayer, isSigner: true),
            AccountMeta.ReadOnly(ConfigAddress),
            AccountMeta.ReadOnly(mint),
            AccountMeta.Writable(NodeAddress(nodeId)),
            AccountMeta.Writable(StakeAddress(nodeId)),
            AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
            AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
        ],
        Call("register_node").Uuid(nodeId).Fixed(metadataHash, 32, "A metadata hash").Text(metadataUri).ToArray());

    /// <param name="authority">signs</param>
    public TransactionInstruction UpdateMetadata(Guid nodeId, ReadOnlySpan<byte> metadataHash, string metadataUri, PublicKey authority) => new(
        programId,
        [AccountMeta.ReadOnly(authority, isSigner: true), AccountMeta.Writable(NodeAddress(nodeId))],
        Call("update_metadata").Fixed(metadataHash, 32, "A metadata hash").Text(metadataUri).ToArray());

    /// <param name="authority">signs</param>
    /// <param name="authorityToken">where it comes from</param>
    public TransactionInstruction Stake(Guid nodeId, ulong amount, PublicKey authority, PublicKey authorityToken, PublicKey mint) => new(
        programId, StakeAccounts(nodeId, authority, authorityToken, mint), Call("stake").U64(amount).ToArray());

    /// <summary>From now on it counts for no tier; it can be withdrawn when the cooldown is over.</summary>
    /// <param name="authority">signs</param>
    public TransactionInstruction RequestUnstake(Guid nodeId, ulong amount, PublicKey authority) => new(
        programId,
        [AccountMeta.ReadOnly(authority, isSigner: true), AccountMeta.ReadOnly(ConfigAddress), AccountMeta.Writable(NodeAddress(nodeId))],
        Call("request_unstake").U64(amount).ToArray());

    /// <param name="authority">signs</param>
    /// <param name="authorityToken">a token account that the authority owns</param>
    public TransactionInstruction Withdraw(Guid nodeId, ulong amount, PublicKey authority, PublicKey authorityToken, PublicKey mint) => new(
        programId, StakeAccounts(nodeId, authority, authorityToken, mint), Call("withdraw").U64(amount).ToArray());

    /// <summary>The owner's own: Active, Draining or Offline.</summary>
    /// <param name="authority">signs</param>
    public TransactionInstruction SetStatus(Guid nodeId, NodeStatus status, PublicKey authority) => new(
        programId,
        [AccountMeta.ReadOnly(authority, isSigner: true), AccountMeta.Writable(NodeAddress(nodeId))],
        Call("set_status").U8((byte)status).ToArray());

    /// <summary>Two instructions: the oracles' signatures, and directly after them what relies on them. Anyone may send it.</summary>
    public IReadOnlyList<TransactionInstruction> AttestStatus(
        StatusStatement statement, RegistryConfig settings, IReadOnlyList<(PublicKey Oracle, byte[] Signature)> attestations) =>
        Attested(
            statement.Digest(settings.Cluster, programId), attestations, AttestedAccounts(statement.NodeId),
            Call("attest_status").U64(statement.Sequence).U8((byte)statement.Status).I64(statement.ValidUntil));

    /// <summary>Two instructions, as for <see cref="AttestStatus"/>.</summary>
    public IReadOnlyList<TransactionInstruction> RecordOutcomes(
        OutcomesStatement statement, RegistryConfig settings, IReadOnlyList<(PublicKey Oracle, byte[] Signature)> attestations) =>
        Attested(
            statement.Digest(settings.Cluster, programId), attestations, AttestedAccounts(statement.NodeId),
            Call("record_outcomes").U64(statement.Sequence).U32(statement.Completed).U32(statement.Faults)
                .U64(statement.Earned).I64(statement.LastActiveAt).I64(statement.ValidUntil));

    /// <summary>Two instructions, as for <see cref="AttestStatus"/>. The node is jailed, and its owner may appeal.</summary>
    /// <param name="rentPayer">signs; the incident stays, and so does its rent</param>
    public IReadOnlyList<TransactionInstruction> ProposeSlash(
        SlashStatement statement, RegistryConfig settings, PublicKey rentPayer, IReadOnlyList<(PublicKey Oracle, byte[] Signature)> attestations) =>
        Attested(
            statement.Digest(settings.Cluster, programId), attestations,
            [
                AccountMeta.Writable(rentPayer, isSigner: true),
                AccountMeta.ReadOnly(ConfigAddress),
                AccountMeta.Writable(NodeAddress(statement.NodeId)),
                AccountMeta.Writable(IncidentAddress(statement.IncidentId)),
                AccountMeta.ReadOnly(SysVars.InstructionsKey),
                AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
            ],
            Call("propose_slash").Uuid(statement.IncidentId).U64(statement.Amount).Fixed(statement.EvidenceHash, 32, "An evidence hash").I64(statement.ValidUntil));

    /// <summary>Doubles the window, once.</summary>
    /// <param name="authority">signs</param>
    public TransactionInstruction AppealSlash(Guid nodeId, Guid incidentId, ReadOnlySpan<byte> appealHash, PublicKey authority) => new(
        programId,
        [
            AccountMeta.ReadOnly(authority, isSigner: true),
            AccountMeta.ReadOnly(ConfigAddress),
            AccountMeta.ReadOnly(NodeAddress(nodeId)),
            AccountMeta.Writable(IncidentAddress(incidentId)),
        ],
        Call("appeal_slash").Fixed(appealHash, 32, "An appeal hash").ToArray());

    /// <summary>Two instructions, as for <see cref="AttestStatus"/>.</summary>
    public IReadOnlyList<TransactionInstruction> DismissSlash(
        DismissalStatement statement, RegistryConfig settings, IReadOnlyList<(PublicKey Oracle, byte[] Signature)> attestations) =>
        Attested(
            statement.Digest(settings.Cluster, programId), attestations,
            [
                AccountMeta.ReadOnly(ConfigAddress),
                AccountMeta.Writable(NodeAddress(statement.NodeId)),
                AccountMeta.Writable(IncidentAddress(statement.IncidentId)),
                AccountMeta.ReadOnly(SysVars.InstructionsKey),
            ],
            Call("dismiss_slash").I64(statement.ValidUntil));

    /// <summary>When the window is over; anyone may send it.</summary>
    public TransactionInstruction ExecuteSlash(Guid nodeId, Guid incidentId, RegistryConfig settings) => new(
        programId,
        [
            AccountMeta.ReadOnly(ConfigAddress),
            AccountMeta.ReadOnly(settings.Mint),
            AccountMeta.Writable(NodeAddress(nodeId)),
            AccountMeta.Writable(IncidentAddress(incidentId)),
            AccountMeta.Writable(StakeAddress(nodeId)),
            AccountMeta.Writable(settings.SlashVault),
            AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
        ],
        Call("execute_slash").ToArray());

    /// <summary>Only with nothing at stake and nothing pending; the id is never used again.</summary>
    /// <param name="authority">signs</param>
    /// <param name="rentPayer">the one that the account names</param>
    public TransactionInstruction Retire(Guid nodeId, PublicKey authority, PublicKey authorityToken, PublicKey mint, PublicKey rentPayer)
    {
        var accounts = StakeAccounts(nodeId, authority, authorityToken, mint);
        return new TransactionInstruction(
            programId, [.. accounts[..^1], AccountMeta.Writable(rentPayer), accounts[^1]], Call("retire").ToArray());
    }

    private AccountMeta[] StakeAccounts(Guid nodeId, PublicKey authority, PublicKey authorityToken, PublicKey mint) =>
    [
        AccountMeta.ReadOnly(authority, isSigner: true),
        AccountMeta.ReadOnly(ConfigAddress),
        AccountMeta.ReadOnly(mint),
        AccountMeta.Writable(authorityToken),
        AccountMeta.Writable(NodeAddress(nodeId)),
        AccountMeta.Writable(StakeAddress(nodeId)),
        AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
    ];

    private AccountMeta[] AttestedAccounts(Guid nodeId) =>
        [AccountMeta.ReadOnly(ConfigAddress), AccountMeta.Writable(NodeAddress(nodeId)), AccountMeta.ReadOnly(SysVars.InstructionsKey)];

    private IReadOnlyList<TransactionInstruction> Attested(
        byte[] digest, IReadOnlyList<(PublicKey Oracle, byte[] Signature)> attestations, AccountMeta[] accounts, WireWriter data) =>
        [Ed25519Program.Verify(attestations, digest), new TransactionInstruction(programId, accounts, data.ToArray())];

    private static WireWriter Call(string instruction) => new WireWriter().Bytes(AnchorDiscriminator.Instruction(instruction));

    private PublicKey Derive(ReadOnlySpan<byte> seed, Guid? id = null) => PublicKey.FindProgramAddress(
        id is { } given ? [seed.ToArray(), given.ToByteArray(bigEndian: true)] : [seed.ToArray()], programId).Address;
}

/// <summary>What initialize writes into Config.</summary>
/// <param name="Cluster">32 bytes</param>
/// <param name="Oracles">five, distinct</param>
/// <param name="Threshold">3 to 5</param>
/// <param name="UnstakeCooldown">seconds, 1 s to 90 days</param>
/// <param name="AppealWindow">seconds, 1 s to 30 days</param>
/// <param name="SlashCapBps">the most that one incident may cost, in basis points of what is at stake</param>
public sealed record RegistryTerms(
    byte[] Cluster, IReadOnlyList<PublicKey> Oracles, byte Threshold, long UnstakeCooldown, long AppealWindow, ushort SlashCapBps);
