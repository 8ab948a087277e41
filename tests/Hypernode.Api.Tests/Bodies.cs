using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;

namespace Hypernode.Api.Tests;

/// <summary>Valid bodies to start from, made as a client would make them.</summary>
public static class Bodies
{
    public const string Image = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    public static readonly byte[] Input = "pear\napple\n"u8.ToArray();

    public static JsonObject Job(ApiHost host) => JsonNode.Parse($$"""
        {
          "type": "custom", "image": "{{Image}}", "script": "sort /in/words.txt > /out/sorted.txt",
          "inputs": [{"name": "words.txt", "sha256": "{{host.Blobs.Add(Input)}}", "bytes": {{Input.Length}}}],
          "limits": {"cpuMillis": 1000, "memoryMb": 256}, "estimatedTime": 30, "network": "none"
        }
        """)!.AsObject();

    /// <summary>Asks the helper route for an intent and signs its text.</summary>
    public static async Task<JsonObject> SubmissionAsync(ApiHost host, TestWallet wallet, Action<JsonObject>? changeJob = null)
    {
        var job = Job(host);
        changeJob?.Invoke(job);
        var answer = await PrepareAsync(host, wallet, job);
        answer.EnsureSuccessStatusCode();
        var prepared = await ApiHost.JsonOfAsync(answer);
        return new JsonObject
        {
            ["paymentIntent"] = prepared["paymentIntent"]!.DeepClone(),
            ["signature"] = wallet.Sign(prepared["text"]!.GetValue<string>()),
            ["publicKey"] = wallet.Address.ToString(),
            ["job"] = job,
            ["reveal"] = prepared["reveal"]!.DeepClone(),
        };
    }

    /// <summary>As <see cref="SubmissionAsync"/>, with a transaction that the wallet signs.</summary>
    public static async Task<JsonObject> TransactionAsync(ApiHost host, TestWallet wallet, TestWallet? signer = null)
    {
        var job = Job(host);
        var answer = await PrepareAsync(host, wallet, job, "transaction");
        answer.EnsureSuccessStatusCode();
        var prepared = await ApiHost.JsonOfAsync(answer);
        var transaction = Convert.FromBase64String(prepared["transaction"]!["base64"]!.GetValue<string>());
        (signer ?? wallet).Sign(transaction.AsSpan(64)).CopyTo(transaction, 0);
        return new JsonObject
        {
            ["paymentIntent"] = prepared["paymentIntent"]!.DeepClone(),
            ["transaction"] = Convert.ToBase64String(transaction),
            ["publicKey"] = wallet.Address.ToString(),
            ["job"] = job,
            ["reveal"] = prepared["reveal"]!.DeepClone(),
        };
    }

    public static Task<HttpResponseMessage> PrepareAsync(ApiHost host, TestWallet wallet, JsonNode job, string? funding = null)
    {
        var body = new JsonObject { ["client"] = wallet.Address.ToString(), ["amount"] = "2.5", ["job"] = job.DeepClone() };
        if (funding is not null)
        {
            body["funding"] = funding;
        }

        return host.Anonymous.PostAsync("/api/facilitator/prepare-intent", ApiHost.Json(body.ToJsonString()));
    }

    public static Task<HttpResponseMessage> SubmitAsync(ApiHost host, JsonNode body) =>
        host.Anonymous.PostAsync("/api/facilitator/submit-job", ApiHost.Json(body.ToJsonString()));

    /// <summary>Submits a valid job and gives its id.</summary>
    public static async Task<string> SubmittedJobAsync(ApiHost host, TestWallet wallet)
    {
        var answer = await SubmitAsync(host, await SubmissionAsync(host, wallet));
        answer.EnsureSuccessStatusCode();
        return (await ApiHost.JsonOfAsync(answer))["jobId"]!.GetValue<string>();
    }
}
