using Hypernode.Solana.Splitter;

namespace Hypernode.Solana.Tests;

/// <summary>The client says what the IDL says, and a test of the program holds the IDL to the program.</summary>
public sealed class PaymentSplitterIdlTests
{
    private static readonly ProgramIdl Idl = new("payment_splitter");

    [Fact]
    public void Every_error_and_every_number_of_the_program_is_known_and_no_other()
    {
        Idl.ShouldHaveTheErrorsOf<PaymentSplitterError>();
        Idl.ShouldHaveTheVariantsOf<Fee>("Fee");
    }

    [Fact]
    public void Every_event_is_read_whole() =>
        Idl.ShouldReadTheEvents(typeof(PaymentSplitterEvent), logs => PaymentSplitterEvent.Read(logs, Idl.Address).Count);

    [Fact]
    public void Its_config_is_read_whole() => Idl.ShouldDecode("Config", data => SplitterConfig.Decode(data));

    [Fact]
    public void Every_instruction_has_the_discriminator_arguments_accounts_and_privileges_of_the_IDL()
    {
        var program = new PaymentSplitterProgram(Idl.Address);
        var rules = new SplitRules(Key(4), Key(5), Key(6), new Split(10_000, 0, 0, 0), new Split(0, 10_000, 0, 0), 2);
        var settings = new SplitterConfig(Key(3), 3_600, 255, rules, rules, 0);
        Idl.ShouldHaveTheInstructions(new Dictionary<string, TransactionInstruction>
        {
            ["initialize"] = program.Initialize(rules, 3_600, Key(1), Key(3)),
            ["create_vault"] = program.CreateVault(Fee.Platform, 1, Key(1), Key(3)),
            ["distribute"] = program.Distribute(Fee.Protocol, 0, settings),
            ["propose_change"] = program.ProposeChange(rules, Key(1)),
            ["withdraw_change"] = program.WithdrawChange(Key(1)),
            ["apply_change"] = program.ApplyChange(rules),
        });
    }

    private static PublicKey Key(byte n) => new([.. Enumerable.Repeat(n, 32)]);
}
