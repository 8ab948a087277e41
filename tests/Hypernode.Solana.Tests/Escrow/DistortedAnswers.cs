using System.Text.Json.Nodes;
using Hypernode.Solana.Tests.Localnet;

namespace Hypernode.Solana.Tests.Escrow;

/// <summary>Looks at several accounts show the owner's old one, as a node that is a moment behind does.</summary>
internal sealed class StaleHandler(PublicKey owner, byte[] data) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsStringAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        if (!body.Contains("\"getMultipleAccounts\""))
        {
            return response;
        }

        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
        foreach (var account in answer["result"]!["value"]!.AsArray().Where(a => a is not null))
        {
            // Same mint, same amount: the given-away account, and not the node's empty one.
            var now = Convert.FromBase64String(account!["data"]![0]!.GetValue<string>());
            if (now.Length == data.Length && now.AsSpan(0, 32).SequenceEqual(data.AsSpan(0, 32)) && now.AsSpan(64, 8).SequenceEqual(data.AsSpan(64, 8)))
            {
                owner.KeyBytes.CopyTo(now, 32);
                account["data"]![0] = Convert.ToBase64String(now);
            }
        }

        return new HttpResponseMessage(response.StatusCode) { Content = new StringContent(answer.ToJsonString()) };
    }
}

/// <summary>A node that says it serves another cluster.</summary>
internal sealed class OtherGenesisHandler() : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsStringAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        if (!body.Contains("\"getGenesisHash\""))
        {
            return response;
        }

        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
        answer["result"] = Base58.Encode(FacilitatorWorld.Filled(7));
        return new HttpResponseMessage(response.StatusCode) { Content = new StringContent(answer.ToJsonString()) };
    }
}

/// <summary>Answers to these methods get lost.</summary>
internal sealed class DeafHandler(params string[] methods) : DelegatingHandler(new SocketsHttpHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsStringAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        return methods.Any(m => body.Contains($"\"{m}\"")) ? throw new HttpRequestException("the answer got lost") : response;
    }
}

/// <summary>A node that tells lies about what became of transactions, while it is told to.</summary>
internal sealed class LyingHandler(string lie) : DelegatingHandler(new SocketsHttpHandler())
{
    /// <summary>Never seen, however long ago it was.</summary>
    public const string NeverSeen = "null";

    /// <summary>Failed, in the very slot in which it succeeded.</summary>
    public const string Failed = "failed";

    public bool Lies { get; set; } = true;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsStringAsync(cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        if (!Lies || !body.Contains("\"getSignatureStatuses\""))
        {
            return response;
        }

        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
        var statuses = answer["result"]!["value"]!.AsArray();
        for (var i = 0; i < statuses.Count; i++)
        {
            if (lie == NeverSeen)
            {
                statuses[i] = null;
            }
            else if (statuses[i] is JsonObject status)
            {
                status["err"] = JsonNode.Parse("""{"InstructionError":[1,{"Custom":6010}]}""");
            }
        }

        return new HttpResponseMessage(response.StatusCode) { Content = new StringContent(answer.ToJsonString()) };
    }
}
