using System.Text.RegularExpressions;
using Hypernode.Api.Tests.Contract;

namespace Hypernode.Api.Tests.Fuzzing;

/// <summary>What must hold of every answer, whatever was sent. That it is in the document, and a problem where it refuses, <see cref="ContractHandler"/> holds.</summary>
internal static partial class FuzzRules
{
    private const int MostBytes = 1024 * 1024;
    private const int MostBytesOfARefusal = 32 * 1024;

    /// <summary>Null: nothing is wrong.</summary>
    public static string? Broken(int status, string text, FuzzCount before, FuzzCount after, string route)
    {
        if (status >= 500)
        {
            return $"answered {status}: {text}";
        }

        if (text.Length > (status >= 400 ? MostBytesOfARefusal : MostBytes))
        {
            return $"answered {status} with {text.Length} characters";
        }

        if (Internals().Match(text) is { Success: true } leak)
        {
            return $"answered {status} and told of its inside: {leak.Value}";
        }

        // The door of the nodes is told of a receipt that it may then drop; and who asks for it has accounts opened before payment.
        var (was, now) = route.EndsWith("complete-job", StringComparison.OrdinalIgnoreCase) ? (before with { Said = 0 }, after with { Said = 0 })
            : status == 402 ? (before with { Accounts = 0 }, after with { Accounts = 0 })
            : (before, after);
        return status >= 400 && was != now ? $"refused with {status}, and yet left something: {was} became {now}" : null;
    }

    [GeneratedRegex(@"\b(System|Microsoft|Hypernode)\.[A-Z]\w+|^\s+at \w|Exception\b|\bSELECT .* FROM\b|\bINSERT INTO\b|\.cs:line|/(tmp|home|root|usr|var|etc)/|hunter2|token\.key|BEGIN [A-Z ]*KEY", RegexOptions.Multiline)]
    private static partial Regex Internals();
}

/// <summary>How much there is of everything that a request may leave behind.</summary>
internal sealed record FuzzCount(int Jobs, int Nodes, int Messages, int Files, int Queues, int Said, int Chain, int Accounts, int Challenges, int Answers)
{
    public static FuzzCount Of(ApiHost host) => new(
        host.Jobs.All.Count,
        host.Nodes.All.Count,
        host.Messages.Sent.Count,
        host.Blobs.All.Count,
        host.Nodes.Queues.Count,
        host.NodeWay.Said.Count,
        host.Escrow.Writes,
        host.Deposits.Opened.Count,
        host.Wallets.Challenges.Count,
        host.Repeats.Count);
}
