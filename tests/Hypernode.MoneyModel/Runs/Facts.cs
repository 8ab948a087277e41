using System.Text.Json;
using System.Text.Json.Serialization;
using Hypernode.MoneyModel.Model;

namespace Hypernode.MoneyModel.Runs;

/// <summary>What the virtual machine's side says that there is at the beginning of every sequence.</summary>
internal sealed record Facts(
    long Now, int Payments, long RefundGrace, Rents Rents, Dictionary<string, ulong> Lamports, IReadOnlyList<TokenFact> Tokens)
{
    public State Beginning()
    {
        var state = new State
        {
            Now = Now,
            Keys = new Keys("relayer", "assigner", "protocol", "platform", ["o0", "o1", "o2", "o3", "o4"], 3),
            Rents = Rents,
        };
        state.Others.Add(new AcceptedMint("USDC", "protocol.usdc", "platform.usdc"));
        foreach (var token in Tokens)
            state.Tokens[token.Name] = new Tokens(token.Mint, token.Owner, token.Amount);
        foreach (var (name, lamports) in Lamports)
            state.Lamports[name] = lamports;
        return state;
    }
}

internal sealed record TokenFact(string Name, string Mint, string Owner, ulong Amount);

/// <summary>A step's outcome: the error, if any, and every account that is other than before (null: gone).</summary>
internal sealed record Outcome(string? Error, Dictionary<string, string?> Changed);

/// <summary>A sequence's answer.</summary>
internal sealed record Played(Dictionary<string, string?> Start, IReadOnlyList<Outcome> Results);

internal sealed record Sequence(IReadOnlyList<Step> Steps);

/// <summary>JSON lines; numbers are strings, for JavaScript's have 53 bits.</summary>
internal static class Lines
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString,
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly JsonSerializerOptions Plain = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>For people: numbers are numbers.</summary>
    public static string WritePlain<T>(T value) => JsonSerializer.Serialize(value, Plain);

    public static T Read<T>(string line) =>
        JsonSerializer.Deserialize<T>(line, Options) ?? throw new InvalidDataException("null, where an object was expected");
}
