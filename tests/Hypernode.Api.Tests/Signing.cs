using System.Text.Json.Nodes;
using Hypernode.Api.Reading;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests;

/// <summary>What a client does after it changed its body: commit to it anew, sign it anew.</summary>
public static class Signing
{
    /// <summary>Signs the intent as it stands; the nonce stays what it is.</summary>
    public static void Resign(JsonObject body, TestWallet wallet)
    {
        var errors = new FieldErrors();
        var intent = IntentFields.ReadIntent(new JsonFields(ElementOf(body["paymentIntent"]!), "", errors));
        errors.ThrowIfAny();
        body["signature"] = wallet.Sign(intent!.ToSigningText());
    }

    /// <summary>Makes the nonce fit job and reveal again, then signs.</summary>
    public static void RecommitAndSign(JsonObject body, TestWallet wallet, Deployment deployment)
    {
        var errors = new FieldErrors();
        var spec = JobFields.Read(new JsonFields(ElementOf(body["job"]!), "", errors), []);
        errors.ThrowIfAny();
        body["paymentIntent"]!["nonce"] = IntentNonce.Compute(
            deployment,
            wallet.Address,
            spec!.Hash(),
            body["reveal"]!["settleBy"]!.GetValue<long>(),
            Hash256.Parse(body["reveal"]!["salt"]!.GetValue<string>())).ToString();
        Resign(body, wallet);
    }

    private static System.Text.Json.JsonElement ElementOf(JsonNode node) =>
        System.Text.Json.JsonDocument.Parse(node.ToJsonString()).RootElement.Clone();
}
