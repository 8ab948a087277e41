using System.Text.Json.Nodes;

namespace Hypernode.Api.OpenApi;

/// <summary>One well-formed body a route. A test sends each of them: they pass every check of form.</summary>
internal static class Examples
{
    private const string Wallet = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin";
    private const string Signature = "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQkjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW";
    private const string Digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    public static JsonNode? Of(string? path) => path switch
    {
        "api/auth/challenge" => JsonNode.Parse($$"""{"wallet":"{{Wallet}}"}"""),
        "api/auth/login" => JsonNode.Parse($$"""
            {"wallet":"{{Wallet}}","challenge":"HYPERNODE Sign-in\n\nNetwork: localnet\n…","signature":"{{Signature}}"}
            """),
        "api/facilitator/prepare-intent" => JsonNode.Parse($$"""{"client":"{{Wallet}}","amount":"2.5","job":{{Job}}}"""),
        "api/facilitator/submit-job" => JsonNode.Parse($$"""
            {
              "paymentIntent": {
                "intentId": "550e8400-e29b-41d4-a716-446655440000",
                "client": "{{Wallet}}",
                "amount": "2.5",
                "jobId": "job-7c9e6679-7425-40de-944b-e07fc1f90ae7",
                "timestamp": 1735689600000,
                "expiresAt": 1735693200000,
                "nonce": "a3c5e7f9b2d4c6e8f0a1b3c5d7e9f1a3a3c5e7f9b2d4c6e8f0a1b3c5d7e9f1a3"
              },
              "signature": "{{Signature}}",
              "publicKey": "{{Wallet}}",
              "job": {{Job}},
              "reveal": {
                "salt": "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                "settleBy": 1735694800
              }
            }
            """),
        "api/facilitator/register-node" => JsonNode.Parse($$"""
            {
              "nodeId": "0f8fad5b-d9cb-469f-a165-70867728950e",
              "nodeKey": "{{Wallet}}",
              "authority": "{{Wallet}}",
              "hostname": "gpu-1",
              "offer": {
                "slots": 1, "cpuMillis": 2000, "memoryMb": 8192, "pricePerSecond": 1000,
                "gpus": [{"uuid": "GPU-8a3b4f1e-52c7-4d0b-9a61-0f3e5d7c2b18", "model": "RTX 4090", "vramMb": 24576}],
                "images": []
              },
              "timestamp": 1735689600000,
              "nodeSignature": "{{Signature}}",
              "authoritySignature": "{{Signature}}"
            }
            """),
        _ => null,
    };

    private static string Job => $$"""
        {
          "type": "custom",
          "image": "{{Digest}}",
          "script": "sort /in/words.txt > /out/sorted.txt",
          "inputs": [{"name": "words.txt", "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", "bytes": 3}],
          "limits": {"cpuMillis": 1000, "memoryMb": 256},
          "estimatedTime": 30,
          "network": "none",
          "description": "Sort some words"
        }
        """;
}
