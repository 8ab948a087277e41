using Hypernode.Solana.NodeRegistry;

namespace Hypernode.Solana.Tests;

/// <summary>The client says what the IDL says, and a test of the program holds the IDL to the program.</summary>
public sealed class NodeRegistryIdlTests
{
    private static readonly ProgramIdl Idl = new("node_registry");

    [Fact]
    public void Every_error_and_every_number_of_the_program_is_known_and_no_other()
    {
        Idl.ShouldHaveTheErrorsOf<NodeRegistryError>();
        Idl.ShouldHaveTheVariantsOf<NodeStatus>("NodeStatus");
        Idl.ShouldHaveTheVariantsOf<NodeTier>("Tier");
        Idl.ShouldHaveTheVariantsOf<IncidentStatus>("IncidentStatus");
    }

    [Fact]
    public void Every_event_is_read_whole() =>
        Idl.ShouldReadTheEvents(typeof(NodeRegistryEvent), logs => NodeRegistryEvent.Read(logs, Idl.Address).Count);

    [Fact]
    public void Every_account_is_read_whole()
    {
        Idl.ShouldDecode("Config", data => RegistryConfig.Decode(data));
        Idl.ShouldDecode("NodeAccount", data => RegisteredNode.Decode(data));
        Idl.ShouldDecode("Incident", data => Incident.Decode(data));
    }

    [Fact]
    public void Every_instruction_has_the_discriminator_arguments_accounts_and_privileges_of_the_IDL()
    {
        var program = new NodeRegistryProgram(Idl.Address);
        var (id, hash) = (Guid.Empty, new byte[32]);
        var settings = new RegistryConfig(hash, Key(3), Key(4), [.. Enumerable.Range(6, 5).Select(n => Key((byte)n))], 3, 1, 1, 1, 255);
        (PublicKey, byte[])[] signed = [(Key(6), new byte[64])];
        Idl.ShouldHaveTheInstructions(new Dictionary<string, TransactionInstruction>
        {
            ["initialize"] = program.Initialize(new RegistryTerms(hash, settings.Oracles, 3, 1, 1, 1), Key(1), Key(3), Key(4)),
            ["register_node"] = program.RegisterNode(id, hash, "x", Key(1), Key(2), Key(5), Key(3)),
            ["update_metadata"] = program.UpdateMetadata(id, hash, "x", Key(1)),
            ["stake"] = program.Stake(id, 1, Key(1), Key(2), Key(3)),
            ["request_unstake"] = program.RequestUnstake(id, 1, Key(1)),
            ["withdraw"] = program.Withdraw(id, 1, Key(1), Key(2), Key(3)),
            ["set_status"] = program.SetStatus(id, NodeStatus.Active, Key(1)),
            ["attest_status"] = program.AttestStatus(new StatusStatement(id, 1, NodeStatus.Jailed, 1), settings, signed)[1],
            ["record_outcomes"] = program.RecordOutcomes(new OutcomesStatement(id, 1, 1, 0, 1, 1, 1), settings, signed)[1],
            ["propose_slash"] = program.ProposeSlash(new SlashStatement(id, id, 1, hash, 1), settings, Key(1), signed)[1],
            ["appeal_slash"] = program.AppealSlash(id, id, hash, Key(1)),
            ["dismiss_slash"] = program.DismissSlash(new DismissalStatement(id, id, 1), settings, signed)[1],
            ["execute_slash"] = program.ExecuteSlash(id, id, settings),
            ["retire"] = program.Retire(id, Key(1), Key(2), Key(3), Key(5)),
        });
    }

    private static PublicKey Key(byte n) => new([.. Enumerable.Repeat(n, 32)]);
}
