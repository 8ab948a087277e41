using System.Text;
using System.Text.Json;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.Tests;

/// <summary>The client says what the IDL says, and a test of the program holds the IDL to the program.</summary>
public class FacilitatorIdlTests
{
    private static readonly JsonElement Idl = JsonSerializer.Deserialize<JsonElement>(
        File.ReadAllText(RepositoryFiles.At("programs/idl/facilitator.json"), Encoding.UTF8));

    private static readonly FacilitatorProgram Program = new(new PublicKey(Idl.GetProperty("address").GetString()!));

    [Fact]
    public void Every_error_of_the_program_is_known_and_no_other()
    {
        var described = Entries("errors").ToDictionary(e => Name(e), e => e.GetProperty("code").GetInt32());
        Enum.GetValues<FacilitatorError>().ToDictionary(e => e.ToString(), e => (int)e).ShouldBe(described, ignoreOrder: true);
    }

    /// <summary>What the program says of its settings concerns no payment, and nobody here waits for it.</summary>
    private static readonly string[] EventsOfGovernance = ["IntakePaused", "RotationProposed", "RotationWithdrawn", "RotationApplied"];

    [Fact]
    public void Every_event_of_a_payment_is_known_and_no_other()
    {
        var known = typeof(FacilitatorEvent).GetNestedTypes().Where(t => t.IsSubclassOf(typeof(FacilitatorEvent))).Select(t => t.Name);
        known.ShouldBe(Entries("events").Select(Name).Except(EventsOfGovernance), ignoreOrder: true);
        foreach (var e in Entries("events"))
        {
            AnchorDiscriminator.Event(Name(e)).ShouldBe(Discriminator(e), Name(e));
        }
    }

    [Fact]
    public void Every_instruction_has_the_discriminator_accounts_and_privileges_of_the_IDL()
    {
        var built = Built();
        built.Keys.ShouldBe(Entries("instructions").Select(Name), ignoreOrder: true);
        foreach (var described in Entries("instructions"))
        {
            var instruction = built[Name(described)];
            instruction.Data.AsSpan(0, AnchorDiscriminator.Size).ToArray().ShouldBe(Discriminator(described), Name(described));
            instruction.Keys.Select(k => (k.IsSigner, k.IsWritable))
                .ShouldBe(described.GetProperty("accounts").EnumerateArray().Select(a => (Flag(a, "signer"), Flag(a, "writable"))), Name(described));
        }
    }

    private static Dictionary<string, TransactionInstruction> Built()
    {
        var settings = new FacilitatorConfig(
            new byte[32], Key(1), Key(2), Key(3), Key(4), Key(5), [.. Enumerable.Range(6, 5).Select(n => Key((byte)n))], 3, 0, 255);
        (PublicKey, byte[])[] attestations = [(Key(6), new byte[64])];
        var (id, zeros) = (Guid.Empty, new byte[32]);
        return new()
        {
            ["initialize"] = Program.Initialize(new InitializeTerms(zeros, Key(1), Key(2), settings.Oracles, 3, 0), Key(20), Key(3), Key(4), Key(5)),
            ["authorize_intent"] = Program.AuthorizeIntent(new SignedIntentTerms(id, id, 1, 0, 0, zeros, 0, zeros), Key(1), Key(3), Key(20), [1], new byte[64])[1],
            ["authorize_payment"] = Program.AuthorizePayment(new PaymentTerms(id, id, 1, 0, 0), Key(20), Key(1), Key(3)),
            ["activate_intent"] = Program.ActivateIntent(new DepositTerms(Key(3), id, id, Key(20), 1, 0), settings, Key(22)),
            ["reclaim_deposit"] = Program.ReclaimDeposit(new DepositTerms(Key(3), id, id, Key(20), 1, 0), settings, Key(22)),
            ["assign_node"] = Program.AssignNode(id, 1, Key(20), Key(2)),
            ["submit_usage_proof"] = Program.SubmitUsageProof(
                new UsageProof(id, 1, Key(20), ProofVerdict.Succeeded, 1, zeros, zeros, 0), settings, Key(21), Key(22), Key(1), attestations)[1],
            ["refund_failed"] = Program.RefundFailed(new RefundOrder(id, 1, 0, 0), settings, Key(22), Key(1), attestations)[1],
            ["cancel"] = Program.Cancel(id, Key(20), Key(3), Key(22), Key(1)),
            ["refund_expired"] = Program.RefundExpired(id, Key(3), Key(22), Key(1)),
            ["close_intent"] = Program.CloseIntent(id, Key(1)),
            ["set_paused"] = Program.SetPaused(Key(20), paused: true),
            ["propose_rotation"] = Program.ProposeRotation(new RotationTerms(Key(1), Key(2), Key(4), Key(5), settings.Oracles, 3), Key(20)),
            ["withdraw_rotation"] = Program.WithdrawRotation(Key(20), Key(20)),
            ["apply_rotation"] = Program.ApplyRotation(Key(20), Key(4), Key(5)),
            ["render_intent"] = Program.RenderIntent(id, id, 1, 0, 0, zeros),
        };
    }

    private static IEnumerable<JsonElement> Entries(string list) => Idl.GetProperty(list).EnumerateArray();

    private static string Name(JsonElement entry) => entry.GetProperty("name").GetString()!;

    private static byte[] Discriminator(JsonElement entry) => [.. entry.GetProperty("discriminator").EnumerateArray().Select(b => b.GetByte())];

    private static bool Flag(JsonElement account, string name) => account.TryGetProperty(name, out var value) && value.GetBoolean();

    private static PublicKey Key(byte n) => new([.. Enumerable.Repeat(n, 32)]);
}
