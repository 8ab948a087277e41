using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests;

/// <summary>What a client does to its body after the change that makes it bad: so that only the change can be the reason.</summary>
public enum Then
{
    Send,
    Sign,
    CommitAndSign,
}

/// <param name="Change">Applied to a valid, signed submission.</param>
/// <param name="Pointer">The field that the answer must name.</param>
public sealed record BadSubmission(string Name, int Status, string Pointer, Action<JsonObject, ApiHost> Change, Then Then = Then.Send);

/// <summary>The table of bad input. One line a case.</summary>
public static class BadSubmissions
{
    private const long Minute = 60_000;
    private const string Key65 = "a3c5e7f9b2d4c6e8f0a1b3c5d7e9f1a3a3c5e7f9b2d4c6e8f0a1b3c5d7e9f1a30";
    private const string Node = "0f8fad5b-d9cb-469f-a165-70867728950e";
    private static readonly string OtherHash = new('7', 64);

    public static IReadOnlyList<BadSubmission> All { get; } =
    [
        // Fields that are missing, unknown, or of another type.
        Field("intent missing", 400, "/paymentIntent", b => b.Remove("paymentIntent")),
        Field("public key missing", 400, "/publicKey", b => b.Remove("publicKey")),
        Field("job missing", 400, "/job", b => b.Remove("job")),
        Field("reveal missing", 400, "/reveal", b => b.Remove("reveal")),
        Field("unknown field at the top", 400, "/coupon", b => b["coupon"] = "free"),
        Field("unknown field with a slash and a tilde", 400, "/a~1b~0c", b => b["a/b~c"] = 1),
        Field("field in another case", 400, "/Signature", b => b["Signature"] = "x"),
        Intent("unknown field in the intent", "/currency", i => i["currency"] = "USDC"),
        Job("unknown field in the job", "/gpu", j => j["gpu"] = true),
        Job("unknown field in the limits", "/limits/swapMb", j => j["limits"]!["swapMb"] = 1),
        Job("unknown field in an input", "/inputs/0/url", j => j["inputs"]![0]!["url"] = "http://x"),
        Reveal("unknown field in the reveal", "/nonce", r => r["nonce"] = OtherHash),
        Field("intent is an array", 400, "/paymentIntent", b => b["paymentIntent"] = new JsonArray()),
        Field("signature is a number", 400, "/signature", b => b["signature"] = 7),
        Field("job is text", 400, "/job", b => b["job"] = "run it"),
        Field("reveal is null", 400, "/reveal", b => b["reveal"] = null),

        // The intent.
        Intent("intent id missing", "/intentId", i => i.Remove("intentId")),
        Intent("intent id in capitals", "/intentId", i => i["intentId"] = "550E8400-E29B-41D4-A716-446655440000"),
        Intent("intent id of zeros", "/intentId", i => i["intentId"] = Guid.Empty.ToString()),
        Intent("intent id in braces", "/intentId", i => i["intentId"] = "{550e8400-e29b-41d4-a716-446655440000}"),
        Intent("client with a letter outside base58", "/client", i => i["client"] = "0OIl" + i["client"]!.GetValue<string>()[4..]),
        Intent("client of 31 bytes", "/client", i => i["client"] = Base58.Encode(Enumerable.Repeat((byte)9, 31).ToArray())),
        Intent("client empty", "/client", i => i["client"] = ""),
        Intent("amount missing", "/amount", i => i.Remove("amount")),
        Intent("amount zero", "/amount", i => i["amount"] = 0),
        Intent("amount zero as text", "/amount", i => i["amount"] = "0.000000"),
        Intent("amount negative", "/amount", i => i["amount"] = -1),
        Intent("amount negative as text", "/amount", i => i["amount"] = "-2.5"),
        Intent("amount of seven decimals", "/amount", i => i["amount"] = "1.0000001"),
        Intent("amount of seven decimals as a number", "/amount", i => i["amount"] = JsonNode.Parse("1.0000001")),
        Intent("amount with an exponent", "/amount", i => i["amount"] = JsonNode.Parse("1e3")),
        Intent("amount with a comma", "/amount", i => i["amount"] = "1,5"),
        Intent("amount with a sign", "/amount", i => i["amount"] = "+1.5"),
        Intent("amount with a space", "/amount", i => i["amount"] = " 1.5"),
        Intent("amount in words", "/amount", i => i["amount"] = "NaN"),
        Intent("amount above a bigint", "/amount", i => i["amount"] = "9223372036854.775808"),
        Intent("amount of a hundred digits", "/amount", i => i["amount"] = new string('9', 100)),
        Intent("amount true", "/amount", i => i["amount"] = true),
        Intent("job id without its prefix", "/jobId", i => i["jobId"] = "550e8400-e29b-41d4-a716-446655440000"),
        Intent("job id that is a path", "/jobId", i => i["jobId"] = "job-../../etc/passwd"),
        Intent("timestamp as text", "/timestamp", i => i["timestamp"] = "1735689600000"),
        Intent("timestamp with a fraction", "/timestamp", i => i["timestamp"] = JsonNode.Parse("1735689600000.5")),
        Intent("timestamp with a zero fraction", "/timestamp", i => i["timestamp"] = JsonNode.Parse("1735689600000.0")),
        Intent("timestamp negative", "/timestamp", i => i["timestamp"] = -1),
        Intent("timestamp past the year 9999", "/timestamp", i => i["timestamp"] = long.MaxValue),
        Intent("timestamp above 64 bits", "/timestamp", i => i["timestamp"] = JsonNode.Parse("99999999999999999999")),
        Intent("expiry missing", "/expiresAt", i => i.Remove("expiresAt")),
        Intent("nonce of 65 characters", "/nonce", i => i["nonce"] = Key65),
        Intent("nonce of 32 characters", "/nonce", i => i["nonce"] = Key65[..32]),
        Intent("nonce in capitals", "/nonce", i => i["nonce"] = i["nonce"]!.GetValue<string>().ToUpperInvariant()),
        Intent("nonce that is no hex", "/nonce", i => i["nonce"] = new string('g', 64)),
        Intent("metadata as text", "/metadata", i => i["metadata"] = "x"),

        // Its times.
        Intent("made in the future", "/timestamp", i => Shift(i, 6 * Minute, 6 * Minute), Then.Sign),
        Intent("expired", "/expiresAt", i => Shift(i, -120 * Minute, -120 * Minute), Then.Sign),
        Intent("expires before it begins", "/expiresAt", i => Shift(i, 0, -61 * Minute), Then.Sign),
        Intent("expires when it begins", "/expiresAt", i => i["expiresAt"] = i["timestamp"]!.GetValue<long>(), Then.Sign),
        Intent("lives longer than a day", "/expiresAt", i => Shift(i, 0, 24 * 60 * Minute), Then.Sign),

        // Who signed what.
        Field("signature with a letter outside base58", 400, "/signature", b => b["signature"] = "l" + b["signature"]!.GetValue<string>()[1..]),
        Field("signature of 63 bytes", 400, "/signature", b => b["signature"] = Base58.Encode(Enumerable.Repeat((byte)9, 63).ToArray())),
        Field("signature in hex", 400, "/signature", b => b["signature"] = new string('a', 128)),
        Field("signature by another wallet", 402, "/signature", b => Signing.Resign(b, TestWallet.Bob)),
        Field("signature over another text", 402, "/signature", b => b["signature"] = TestWallet.Alice.Sign("HYPERNODE")),
        Field("public key of another wallet", 402, "/publicKey", b => b["publicKey"] = TestWallet.Bob.Address.ToString()),
        Field("public key malformed", 400, "/publicKey", b => b["publicKey"] = "not-a-key"),
        Field("client and key of another wallet", 402, "/paymentIntent/nonce", b =>
        {
            b["paymentIntent"]!["client"] = TestWallet.Bob.Address.ToString();
            b["publicKey"] = TestWallet.Bob.Address.ToString();
            Signing.Resign(b, TestWallet.Bob);
        }),
        Field("amount raised after signing", 402, "/signature", b => b["paymentIntent"]!["amount"] = "2.6"),
        Field("expiry moved after signing", 402, "/signature", b => Shift(b["paymentIntent"]!.AsObject(), 0, -Minute)),
        Field("job swapped under the signature", 402, "/paymentIntent/nonce", b => b["job"]!["script"] = "rm -rf /out"),
        Field("image swapped under the signature", 402, "/paymentIntent/nonce", b => b["job"]!["image"] = $"sha256:{OtherHash}"),
        Field("limits raised under the signature", 402, "/paymentIntent/nonce", b => b["job"]!["limits"]!["memoryMb"] = 512),
        Field("salt of another job", 402, "/paymentIntent/nonce", b => b["reveal"]!["salt"] = OtherHash),
        Field("settle_by moved after signing", 402, "/paymentIntent/nonce", b => b["reveal"]!["settleBy"] = b["reveal"]!["settleBy"]!.GetValue<long>() + 1),
        Field("random nonce", 402, "/paymentIntent/nonce", b => b["paymentIntent"]!["nonce"] = OtherHash, Then.Sign),
        new("nonce for another network", 402, "/paymentIntent/nonce", (b, host) =>
            Signing.RecommitAndSign(b, TestWallet.Alice, host.Escrow.Deployment with { Cluster = Hash256.Of("devnet"u8) })),

        // The reveal.
        Reveal("salt too short", "/salt", r => r["salt"] = "00"),
        Reveal("settle_by in ms", "/settleBy", r => r["settleBy"] = 1_735_694_800_000_000),
        Reveal("settle_by zero", "/settleBy", r => r["settleBy"] = 0),
        Reveal("settle_by leaves no room for the attempts", "/settleBy", r => r["settleBy"] = r["settleBy"]!.GetValue<long>() - 1, Then.CommitAndSign),
        Reveal("settle_by more than a week ahead", "/settleBy", r => r["settleBy"] = r["settleBy"]!.GetValue<long>() + (7 * 86_400), Then.CommitAndSign),

        // The job.
        Job("type missing", "/type", j => j.Remove("type")),
        Job("type unknown", "/type", j => j["type"] = "mining"),
        Job("image missing", "/image", j => j.Remove("image")),
        Job("image by tag", "/image", j => j["image"] = "python:3.12"),
        Job("image with a short digest", "/image", j => j["image"] = "python@sha256:abcd"),
        Job("image with a digest in capitals", "/image", j => j["image"] = "sha256:" + new string('A', 64)),
        Job("image with a line after it", "/image", j => j["image"] = Bodies.Image + "\n"),
        Job("image that climbs", "/image", j => j["image"] = $"../evil@{Bodies.Image}"),
        Job("image that is not offered", "/image", j => j["image"] = $"unknown@sha256:{OtherHash}"),
        Job("neither script nor cmd", "/script", j => j.Remove("script")),
        Job("script and cmd", "/script", j => j["cmd"] = new JsonArray("sh")),
        Job("script empty", "/script", j => j["script"] = ""),
        Job("script over its limit", "/script", j => j["script"] = new string('x', (64 * 1024) + 1)),
        Job("script over its limit in bytes, not in characters", "/script", j => j["script"] = new string('ä', (32 * 1024) + 1)),
        Job("script with a NUL", "/script", j => j["script"] = "echo \0"),
        Job("cmd empty", "/cmd", j => Cmd(j)),
        Job("cmd of numbers", "/cmd/0", j => Cmd(j, 1)),
        Job("cmd with an empty word", "/cmd/1", j => Cmd(j, "sh", "")),
        Job("cmd with a word over its limit", "/cmd/0", j => Cmd(j, new string('x', 4_097))),
        Job("cmd of too many words", "/cmd", j => Cmd(j, [.. Enumerable.Repeat<JsonNode>("x", 65).Select(x => x.DeepClone())])),
        Job("limits missing", "/limits", j => j.Remove("limits")),
        Job("no cpu", "/limits/cpuMillis", j => j["limits"]!["cpuMillis"] = 0),
        Job("cpu as a fraction", "/limits/cpuMillis", j => j["limits"]!["cpuMillis"] = JsonNode.Parse("0.5")),
        Job("memory negative", "/limits/memoryMb", j => j["limits"]!["memoryMb"] = -256),
        Job("memory above the type's cap", "/limits/memoryMb", j =>
        {
            j["type"] = "inference";
            j["limits"]!["memoryMb"] = 8_193;
        }),
        Job("cpu above the type's cap", "/limits/cpuMillis", j =>
        {
            j["type"] = "rendering";
            j["limits"]!["cpuMillis"] = 4_001;
        }),
        Job("timeout above the type's cap", "/limits/timeoutSeconds", j =>
        {
            j["type"] = "inference";
            j["limits"]!["timeoutSeconds"] = 301;
        }),
        Job("GPU memory without a GPU", "/limits/gpuVramMb", j => j["limits"]!["gpuVramMb"] = 8_192),
        Job("negative GPUs", "/limits/gpus", j => j["limits"]!["gpus"] = -1),
        Job("GPU memory beyond its type's cap", "/limits/gpuVramMb", j => (j["limits"]!["gpus"], j["limits"]!["gpuVramMb"]) = (1, 98_305)),
        Job("too many GPUs", "/limits/gpus", j => j["limits"]!["gpus"] = 9),
        Job("timeout zero", "/limits/timeoutSeconds", j => j["limits"]!["timeoutSeconds"] = 0),
        Job("output above the cap", "/limits/outputMb", j => j["limits"]!["outputMb"] = 65_537),
        Job("estimate missing", "/estimatedTime", j => j.Remove("estimatedTime")),
        Job("estimate zero", "/estimatedTime", j => j["estimatedTime"] = 0),
        Job("estimate above a day", "/estimatedTime", j => j["estimatedTime"] = 86_401),
        Job("network allowlist without a list", "/networkAllow", j => j["network"] = "allowlist"),
        Job("network allowlist with an empty list", "/networkAllow", j => Allow(j)),
        Job("network allowlist of too many", "/networkAllow", j => Allow(j, [.. Enumerable.Range(1, 33).Select(p => $"example.com:{p}")])),
        Job("network list without its mode", "/networkAllow", j => j["networkAllow"] = new JsonArray("example.com:443")),
        Job("network list with the mode full", "/networkAllow", j =>
        {
            Allow(j, "example.com:443");
            j["network"] = "full";
        }),
        Job("network list with a number", "/networkAllow/0", j => Allow(j, "x")["networkAllow"] = new JsonArray(443)),
        Job("network target twice", "/networkAllow/1", j => Allow(j, "example.com:443", "example.com:443")),
        Job("network target without a port", "/networkAllow/0", j => Allow(j, "example.com")),
        Job("network target in capitals", "/networkAllow/1", j => Allow(j, "example.com:80", "Example.com:443")),
        Job("network target of the provider's own network", "/networkAllow/0", j => Allow(j, "192.168.0.1:80")),
        Job("network target that is the cloud's metadata", "/networkAllow/0", j => Allow(j, "169.254.169.254:80")),
        Job("network unknown", "/network", j => j["network"] = "mainnet"),
        Job("description over its limit", "/description", j => j["description"] = new string('x', 1_001)),
        Job("inputs as an object", "/inputs", j => j["inputs"] = new JsonObject()),
        Job("input as text", "/inputs/0", j => j["inputs"] = new JsonArray("words.txt")),
        Job("too many inputs", "/inputs", j => j["inputs"] = new JsonArray([.. Enumerable.Range(0, 65).Select(_ => j["inputs"]![0]!.DeepClone())])),
        Job("input that climbs", "/inputs/0/name", j => j["inputs"]![0]!["name"] = "../words.txt"),
        Job("input in a folder", "/inputs/0/name", j => j["inputs"]![0]!["name"] = "a/b"),
        Job("input that would be the script", "/inputs/0/name", j => j["inputs"]![0]!["name"] = ".script"),
        Job("two inputs of one name", "/inputs/1/name", j => j["inputs"]!.AsArray().Add(j["inputs"]![0]!.DeepClone())),
        Job("input with a wrong hash form", "/inputs/0/sha256", j => j["inputs"]![0]!["sha256"] = "abc"),
        Job("input of negative length", "/inputs/0/bytes", j => j["inputs"]![0]!["bytes"] = -1),
        Job("input that was never uploaded", "/inputs/0/sha256", j => j["inputs"]![0]!["sha256"] = OtherHash, Then.CommitAndSign),
        Job("input that is encrypted or not, in so many words", "/inputs/0/encrypted", j => j["inputs"]![0]!["encrypted"] = false),
        Job("encrypted input without nodes", "/nodes", j => j["inputs"]![0]!["encrypted"] = true),
        Job("no nodes", "/nodes", j => j["nodes"] = new JsonArray()),
        Job("more nodes than an envelope has recipients", "/nodes", j => j["nodes"] = new JsonArray([.. Enumerable.Range(0, 65).Select(i => (JsonNode)$"0f8fad5b-d9cb-469f-a165-7086772895{i:x2}")])),
        Job("a node that is no id", "/nodes/0", j => j["nodes"] = new JsonArray("gpu-1")),
        Job("a node named twice", "/nodes/1", j => j["nodes"] = new JsonArray(Node, Node)),
        Job("a node that nobody knows", "/nodes/0", j => j["nodes"] = new JsonArray(Node), Then.CommitAndSign),
        Job("encryption without a key", "/encryption/resultKey", j => j["encryption"] = new JsonObject()),
        Job("encryption to no key", "/encryption/resultKey", j => j["encryption"] = new JsonObject { ["resultKey"] = "me" }),
        Job("unknown field in the encryption", "/encryption/cipher", j => j["encryption"] = new JsonObject { ["resultKey"] = Base58.Encode(new byte[32]), ["cipher"] = "rot13" }),
        Job("input of another length", "/inputs/0/bytes", j => j["inputs"]![0]!["bytes"] = 1, Then.CommitAndSign),
    ];

    private static BadSubmission Field(string name, int status, string pointer, Action<JsonObject> change, Then then = Then.Send) =>
        new(name, status, pointer, (body, _) => change(body), then);

    private static BadSubmission Intent(string name, string pointer, Action<JsonObject> change, Then then = Then.Send) =>
        Field(name, 400, "/paymentIntent" + pointer, b => change(b["paymentIntent"]!.AsObject()), then);

    private static BadSubmission Job(string name, string pointer, Action<JsonObject> change, Then then = Then.Send) =>
        Field(name, 400, "/job" + pointer, b => change(b["job"]!.AsObject()), then);

    private static BadSubmission Reveal(string name, string pointer, Action<JsonObject> change, Then then = Then.Send) =>
        Field(name, 400, "/reveal" + pointer, b => change(b["reveal"]!.AsObject()), then);

    private static void Shift(JsonObject intent, long timestampBy, long expiryBy)
    {
        intent["timestamp"] = intent["timestamp"]!.GetValue<long>() + timestampBy;
        intent["expiresAt"] = intent["expiresAt"]!.GetValue<long>() + expiryBy;
    }

    private static void Cmd(JsonObject job, params JsonNode[] words)
    {
        job.Remove("script");
        job["cmd"] = new JsonArray(words);
    }

    private static JsonObject Allow(JsonObject job, params string[] targets)
    {
        job["network"] = "allowlist";
        job["networkAllow"] = new JsonArray([.. targets.Select(t => (JsonNode)t)]);
        return job;
    }
}
