using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Contract;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests.Fuzzing;

/// <summary>One request: who sends what. The same seed and number make the same case.</summary>
internal sealed record FuzzCase(int Number, string Caller, string Method, string Path, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body, string? ContentType)
{
    public override string ToString() =>
        $"case {Number}: {Method} {Cut(Path)} as {Caller}{string.Concat(Headers.Select(h => $"\n  {h.Name}: {Cut(h.Value)}"))}{(Body is null ? "" : $"\n  {Cut(ContentType ?? "")}, {Body.Length} bytes: {Cut(Encoding.UTF8.GetString(Body))}")}";

    private static string Cut(string text) => text.Length > 600 ? $"{text[..600]}… ({text.Length} characters)" : text;
}

/// <summary>Makes cases from the document: its routes, parameters, headers, schemas and examples, spoiled in many ways.</summary>
internal sealed class CaseMaker(ContractDocument document, ContractWorld world, ulong seed)
{
    public static readonly string[] Callers = ["nobody", "alice", "bob", "node", "pair", "forged"];
    private static readonly string[] Methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "FOO"];

    private static readonly string[] ContentTypes =
    [
        "text/plain", "application/json; charset=utf-16", "application/json; charset=\"", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml",
        "APPLICATION/JSON", "application/json;", "application/problem+json", "json", "/", "*/*", "application/json, application/json", "",
    ];

    private static readonly string[] HeaderNames =
    [
        "Accept", "Accept-Encoding", "Content-Encoding", "Cookie", "Expect", "If-Modified-Since", "If-Range", "Origin", "Referer", "X-Forwarded-For", "X-HTTP-Method-Override", "Host", "Connection", "Upgrade", "TE", "traceparent",
    ];

    /// <summary>What reads most is sent most.</summary>
    private readonly IReadOnlyList<Operation> _weighted = [.. document.Operations.SelectMany(o => Enumerable.Repeat(
        o, o.Route.EndsWith("submit-job", StringComparison.Ordinal) ? 12 : o.Media.ContainsKey(("request", "application/json")) ? 3 : 1))];

    public FuzzCase Make(int number)
    {
        var random = new Random(unchecked((int)((seed * 0x9E3779B97F4A7C15UL) >> 32) ^ (number * 16_777_619)));
        var operation = _weighted[random.Next(_weighted.Count)];
        var caller = random.Next(3) == 0 ? Callers[random.Next(Callers.Length)] : UsualCaller(operation);
        var method = random.Next(30) == 0 ? Methods[random.Next(Methods.Length)] : operation.Method;
        var (body, type) = BodyOf(operation, random);
        return new FuzzCase(
            number,
            caller,
            method,
            PathOf(operation, random) + QueryOf(operation, random),
            HeadersOf(operation, random),
            method is "GET" or "HEAD" ? null : body,
            type);
    }

    private static string UsualCaller(Operation operation) =>
        !operation.NeedsSession ? "nobody"
        : operation.Route.Contains("blobs/", StringComparison.Ordinal) || operation.Route.EndsWith("poll-job", StringComparison.Ordinal)
            || operation.Route.EndsWith("heartbeat", StringComparison.Ordinal) || operation.Route.EndsWith("complete-job", StringComparison.Ordinal) ? "node"
        : "alice";

    private string PathOf(Operation operation, Random random)
    {
        var path = string.Join('/', operation.Route.Split('/').Select(s => s.StartsWith('{') ? random.Next(4) == 0 ? Junk.Segment(random) : Known(s, random) : s));
        return random.Next(60) switch
        {
            0 => path + "/",
            1 => path.ToUpperInvariant(),
            2 => $"{path}/{Junk.Segment(random)}",
            3 => path.Replace("/api/", "/api//", StringComparison.Ordinal),
            _ => path,
        };
    }

    private string Known(string name, Random random) => name.Trim('{', '}') switch
    {
        // The one that runs is not followed: its stream has no end.
        "jobId" => Pick(random, world.Paid.ToString(), world.PaidTwice.ToString(), world.Refunded.ToString()),
        "nodeId" => Pick(random, ContractWorld.NodeId.ToString(), ContractWorld.BannedNode.ToString(), ContractWorld.SecondNode.ToString()),
        "sha256" => Pick(random, Hash256.Of(Bodies.Input).ToString(), Hash256.Zero.ToString()),
        _ => world.Host.Jobs.All[world.Paid].Intent.IntentId.ToString(),
    };

    private string QueryOf(Operation operation, Random random)
    {
        var parts = new List<string>();
        foreach (var name in ParametersOf(operation, "query"))
        {
            var known = name switch
            {
                "job" => world.Running.ToString(),
                "attempt" or "limit" => "1",
                "wait" => "0",
                "status" => "all",
                "list" => "true",
                "nodeId" => ContractWorld.SecondNode.ToString(),
                "sort" => "price",
                "cursor" when !operation.Route.EndsWith("logs", StringComparison.Ordinal) => Cursor(operation, random),
                _ => "1.0",
            };
            switch (random.Next(4))
            {
                case 0:
                    parts.Add($"{name}={Junk.Segment(random)}");
                    break;
                case 1:
                    break;
                default:
                    parts.Add($"{name}={known}");
                    break;
            }
        }

        if (random.Next(8) == 0)
        {
            parts.Add(parts.Count > 0 && random.Next(2) == 0 ? parts[0] : $"{Junk.Segment(random)}={Junk.Segment(random)}");
        }

        return parts.Count == 0 ? "" : $"?{string.Join('&', parts)}";
    }

    /// <summary>As the lists make them, with any number in it.</summary>
    private static string Cursor(Operation operation, Random random)
    {
        var id = operation.Route.EndsWith("jobs", StringComparison.Ordinal) ? $"job-{new Guid(Junk.Bytes(random, 16))}" : $"{ContractWorld.NodeId}";
        return Base64Url.EncodeToString(Junk.Utf8($"{Junk.Number(random)}|{(random.Next(6) == 0 ? Junk.Header(random) : id)}"));
    }

    private List<(string, string)> HeadersOf(Operation operation, Random random)
    {
        var headers = new List<(string, string)>();
        foreach (var name in ParametersOf(operation, "header").Where(_ => random.Next(4) == 0))
        {
            headers.Add((name, random.Next(2) == 0 ? Junk.Header(random) : Likely(name, random)));
        }

        if (operation.Route.EndsWith("logs", StringComparison.Ordinal) && random.Next(2) == 0)
        {
            headers.Add(("Accept", Pick(random, "text/plain", "text/event-stream", "application/json;q=x", "*")));
        }

        if (random.Next(5) == 0)
        {
            headers.Add((HeaderNames[random.Next(HeaderNames.Length)], Junk.Header(random)));
        }

        return headers;
    }

    private string Likely(string name, Random random) => name switch
    {
        "Range" => Pick(random, "bytes=0-1", "bytes=-1", "bytes=5-", "bytes=9-1", "bytes=0-1,3-4", "bytes=99999999999999999999-", "lines=1-2"),
        "If-None-Match" or "If-Match" => Pick(random, "*", "\"x\"", "W/\"x\"", "\"", "x"),
        "Last-Event-ID" => Pick(random, "1.0", "1.-1", "2147483648.0", "1.99999999999999999999", ".", "1.0.0"),
        "Idempotency-Key" => Pick(random, "a", "b", "c", new string('k', 128), new string('k', 129)),
        "Prefer" => "open-account",
        _ => Payment(random),
    };

    /// <summary>A payment of x402, spoiled.</summary>
    private static string Payment(Random random)
    {
        var version = random.Next(1, 3);
        var payment = JsonNode.Parse($$$"""
            {"x402Version":{{{version}}},"scheme":"exact","network":"solana-devnet","payload":{"transaction":"{{{Convert.ToBase64String(Junk.Bytes(random, 100))}}}"},
             "accepted":{"scheme":"exact","network":"solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1","amount":"2500000","asset":"{{{FakeDeposits.Usdc}}}","payTo":"{{{TestWallet.Bob.Address}}}"}}
            """)!;
        return Convert.ToBase64String(random.Next(3) == 0 ? Junk.Utf8(payment.ToJsonString()) : BodyMutator.Write(BodyMutator.Spoil(payment, random, 2), random));
    }

    private (byte[]? Body, string? Type) BodyOf(Operation operation, Random random)
    {
        var type = random.Next(15) == 0 ? ContentTypes[random.Next(ContentTypes.Length)] : "application/json";
        if (!operation.Media.TryGetValue(("request", "application/json"), out var media))
        {
            return random.Next(3) == 0 ? (Junk.Bytes(random, random.Next(4_000)), type) : (operation.Method == "PUT" ? Bodies.Input : [], type);
        }

        var example = media["example"]!;
        JsonNode? body = random.Next(10) switch
        {
            0 => Junk.Value(random),
            1 or 2 => BodyMutator.Make(media["schema"], document.Json["components"]!["schemas"]!.AsObject(), random),
            3 or 4 => example.DeepClone(),
            _ => BodyMutator.Spoil(example, random, 3),
        };
        if (operation.Route.EndsWith("submit-job", StringComparison.Ordinal) && body is JsonObject submission)
        {
            Agree(submission, random);
        }

        return (random.Next(40) == 0 ? Junk.Bytes(random, random.Next(20_000)) : BodyMutator.Write(body, random), type);
    }

    /// <summary>So that what is behind the signature, or the lack of one, is reached as well.</summary>
    private void Agree(JsonObject body, Random random)
    {
        try
        {
            if (random.Next(4) == 0)
            {
                return; // as it is
            }

            var intent = body["paymentIntent"]!;
            (intent["jobId"], intent["intentId"]) = ($"job-{new Guid(Junk.Bytes(random, 16))}", $"{new Guid(Junk.Bytes(random, 16))}");
            body["reveal"]!["salt"] = Convert.ToHexStringLower(Junk.Bytes(random, 32));
            Signing.RecommitAndSign(body, TestWallet.Alice, world.Host.Escrow.Deployment);
            switch (random.Next(5))
            {
                case 0:
                    body["signature"] = TestWallet.Bob.Sign("something else");
                    break;
                case 1:
                    intent["nonce"] = Convert.ToHexStringLower(Junk.Bytes(random, 32));
                    break;
                case 2:
                    // Paid for by x402, or not at all: the intent's id has to be its nonce's.
                    body.Remove("signature");
                    intent["intentId"] = IntentId.Of(Hash256.Parse(intent["nonce"]!.GetValue<string>())).ToString();
                    break;
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Too spoiled to be signed: it is sent as it is.
        }
    }

    private static IEnumerable<string> ParametersOf(Operation operation, string where) =>
        (operation.Json["parameters"] as JsonArray ?? []).Where(p => p!["in"]!.GetValue<string>() == where).Select(p => p!["name"]!.GetValue<string>());

    private static string Pick(Random random, params string[] some) => some[random.Next(some.Length)];
}
