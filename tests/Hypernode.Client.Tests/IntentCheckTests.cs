using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Client.Tests;

public class IntentCheckTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly WalletAddress Payer = WalletAddress.FromBytes(Bytes(1));
    private static readonly Deployment Chain = new("localnet", Hash256.FromBytes(Bytes(2)), WalletAddress.FromBytes(Bytes(3)), WalletAddress.FromBytes(Bytes(4)));
    private static readonly HyperAmount Amount = new(1_500_000);
    private static readonly JobSpec Job = new(JobType.Custom, "sha256:" + new string('a', 64), new JobLimits(100, 16), 5, Script: "echo done");

    [Fact]
    public void An_honest_intent_may_be_signed() => Check(Honest()).ToSigningText().ShouldBe(Honest().Text);

    [Fact]
    public void Another_payer_is_refused() => Refused(p => p with { PaymentIntent = p.PaymentIntent with { Client = Chain.Mint.ToString() } }, "another wallet");

    [Fact]
    public void Another_amount_is_refused() => Refused(p => p with { PaymentIntent = p.PaymentIntent with { Amount = "15.0" } }, "15.0 HYPER instead of 1.5");

    [Fact]
    public void A_job_that_was_swapped_is_refused() => Refused(p => p with { SpecHash = new string('0', 64) }, "the job was changed");

    [Fact]
    public void Another_program_is_refused() => Refused(p => p with { Deployment = p.Deployment with { Program = Payer.ToString() } }, "another program");

    [Fact]
    public void Another_mint_is_refused() => Refused(p => p with { Deployment = p.Deployment with { Mint = Payer.ToString() } }, "another mint");

    [Fact]
    public void Another_cluster_is_refused() => Refused(p => p with { Deployment = p.Deployment with { Cluster = new string('0', 64) } }, "another cluster");

    [Fact]
    public void A_random_nonce_is_refused() => Refused(p => p with { PaymentIntent = p.PaymentIntent with { Nonce = new string('7', 64) } }, "the nonce does not commit");

    [Fact]
    public void Another_settle_by_than_the_nonce_commits_to_is_refused() =>
        Refused(p => p with { Reveal = p.Reveal with { SettleBy = p.Reveal.SettleBy + 1 } }, "the nonce does not commit");

    [Fact]
    public void Another_salt_than_the_nonce_commits_to_is_refused() =>
        Refused(p => p with { Reveal = p.Reveal with { Salt = new string('1', 64) } }, "the nonce does not commit");

    [Fact]
    public void A_text_that_says_something_else_is_refused() => Refused(p => p with { Text = p.Text.Replace("1.5", "9.5", StringComparison.Ordinal) }, "the text to sign");

    [Fact]
    public void A_trailing_newline_is_refused() => Refused(p => p with { Text = p.Text + "\n" }, "the text to sign");

    [Fact]
    public void An_old_timestamp_is_refused() => Refused(p => p with { PaymentIntent = p.PaymentIntent with { Timestamp = 1 } }, "its timestamp is not now");

    [Fact]
    public void A_life_of_more_than_a_day_is_refused() =>
        Refused(p => p with { PaymentIntent = p.PaymentIntent with { ExpiresAt = p.PaymentIntent.Timestamp + 86_400_001 } }, "within 24 hours");

    [Fact]
    public void Money_held_for_more_than_a_week_is_refused() =>
        Refused(p => p with { Reveal = p.Reveal with { SettleBy = Now.AddDays(8).ToUnixTimeSeconds() } }, "more than 7 days");

    private static void Refused(Func<PreparedIntent, PreparedIntent> change, string because) =>
        Should.Throw<NotSignedException>(() => Check(change(Honest()))).Message.ShouldContain(because);

    private static PaymentIntent Check(PreparedIntent prepared) => IntentCheck.Check(prepared, Payer, Amount, Job, Chain, Now);

    private static PreparedIntent Honest()
    {
        var now = Now.ToUnixTimeMilliseconds();
        var settleBy = Now.AddHours(2).ToUnixTimeSeconds();
        var salt = Hash256.FromBytes(Bytes(5));
        var intent = new PaymentIntent(
            new IntentId(Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e")),
            Payer,
            Amount,
            new JobId(Guid.Parse("7c9e6679-7425-40de-944b-e07fc1f90ae7")),
            now,
            now + 3_600_000,
            IntentNonce.Compute(Chain, Payer, Job.Hash(), settleBy, salt));
        return new PreparedIntent(
            new IntentBody(intent.IntentId.ToString(), Payer.ToString(), Amount.ToString(), intent.JobId.ToString(), intent.Timestamp, intent.ExpiresAt, intent.Nonce.ToString()),
            intent.ToSigningText(),
            new RevealBody(salt.ToString(), settleBy),
            Job.Hash().ToString(),
            new DeploymentBody(Chain.Network, Chain.Cluster.ToString(), Chain.Program.ToString(), Chain.Mint.ToString()));
    }

    private static byte[] Bytes(byte value) => [.. Enumerable.Repeat(value, 32)];
}
