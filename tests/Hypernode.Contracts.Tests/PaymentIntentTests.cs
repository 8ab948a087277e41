using System.Text.Json;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Tests;

/// <summary>The vectors that Rust and JavaScript read too.</summary>
public sealed class PaymentIntentTests
{
    public static TheoryData<string> Names() => [.. Vectors().Select(v => v.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_text_and_the_nonce_are_the_shared_vectors(string name)
    {
        var v = Vectors().Single(x => x.Name == name);
        var nonce = IntentNonce.Compute(
            new Deployment("localnet", Hash256.Parse(v.Cluster), WalletAddress.Parse(v.Program), WalletAddress.Parse(v.Mint)),
            WalletAddress.Parse(v.Payer),
            Hash256.Parse(v.SpecHash),
            v.SettleBy,
            Hash256.Parse(v.SaltHex));
        var intent = new PaymentIntent(
            new IntentId(Guid.Parse(v.IntentId)), // the vectors hold ids that we would not take from a client, too
            WalletAddress.Parse(v.Payer),
            new HyperAmount(ulong.Parse(v.AmountBaseUnits)),
            new JobId(Guid.Parse(v.JobId)),
            v.TimestampMs,
            v.ExpiresMs,
            nonce);

        nonce.ToString().ShouldBe(v.NonceHex);
        intent.ToSigningText().ShouldBe(v.Text);
    }

    [Fact]
    public void An_id_s_bytes_are_in_network_order() =>
        Convert.ToHexStringLower(IntentId.Parse("550e8400-e29b-41d4-a716-446655440000").ToBytes()).ShouldBe("550e8400e29b41d4a716446655440000");

    private static List<Vector> Vectors()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hypernode.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        var json = File.ReadAllText(Path.Combine(folder, "tests", "vectors", "payment-intents.json"));
        return JsonSerializer.Deserialize<List<Vector>>(json, JsonSerializerOptions.Web)!;
    }

    private sealed record Vector(
        string Name, string IntentId, string JobId, string AmountBaseUnits, long TimestampMs, long ExpiresMs, string Cluster, string Program,
        string Mint, string Payer, string SpecHash, long SettleBy, string SaltHex, string NonceHex, string Text);
}
