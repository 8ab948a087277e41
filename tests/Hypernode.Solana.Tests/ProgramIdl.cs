using System.Reflection;
using System.Text;
using System.Text.Json;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.Tests;

/// <summary>A program's IDL, and what it demands of a client.</summary>
internal sealed class ProgramIdl(string name)
{
    private readonly JsonElement idl = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(RepositoryFiles.At($"programs/idl/{name}.json"), Encoding.UTF8));

    public PublicKey Address => new(idl.GetProperty("address").GetString()!);

    public void ShouldHaveTheErrorsOf<TError>()
        where TError : struct, Enum =>
        Enum.GetValues<TError>().ToDictionary(e => e.ToString(), e => Convert.ToInt32(e))
            .ShouldBe(Entries("errors").ToDictionary(Name, e => e.GetProperty("code").GetInt32()), ignoreOrder: true);

    public void ShouldHaveTheVariantsOf<TEnum>(string type)
        where TEnum : struct, Enum =>
        Enum.GetNames<TEnum>().ShouldBe(Entries("types").Single(t => Name(t) == type).GetProperty("type").GetProperty("variants").EnumerateArray().Select(Name));

    public void ShouldHaveTheInstructions(IReadOnlyDictionary<string, TransactionInstruction> built)
    {
        built.Keys.ShouldBe(Entries("instructions").Select(Name), ignoreOrder: true);
        foreach (var described in Entries("instructions"))
        {
            var instruction = built[Name(described)];
            instruction.ProgramId.ShouldBe(Address, Name(described));
            instruction.Data.AsSpan(0, AnchorDiscriminator.Size).ToArray().ShouldBe(Discriminator(described), Name(described));
            var accounts = described.GetProperty("accounts").EnumerateArray().ToList();
            instruction.Keys.Select(k => (k.IsSigner, k.IsWritable)).ShouldBe(accounts.Select(a => (Flag(a, "signer"), Flag(a, "writable"))), Name(described));
            foreach (var (meta, account) in instruction.Keys.Zip(accounts).Where(x => x.Second.TryGetProperty("address", out _)))
            {
                meta.PublicKey.Key.ShouldBe(account.GetProperty("address").GetString(), $"{Name(described)}: {Name(account)}");
            }

            var text = described.GetProperty("args").EnumerateArray().Count(a => a.GetProperty("type").ToString() == "string");
            var arguments = described.GetProperty("args").EnumerateArray().Sum(a => SizeOf(a.GetProperty("type")));
            instruction.Data.Length.ShouldBe(AnchorDiscriminator.Size + arguments + text, $"{Name(described)}; texts are of one character");
        }
    }

    /// <summary>Bytes as the program writes them, field by field; then <paramref name="read"/> must take all of them, and not one less.</summary>
    public void ShouldDecode<T>(string account, Func<byte[], T> read)
    {
        byte[] data = [.. Discriminator(Entries("accounts").Single(a => Name(a) == account)), .. Filled(account)];
        read(data);
        Should.Throw<FormatException>(() => read(data[..^1]), account);
        data[0] ^= 1;
        Should.Throw<FormatException>(() => read(data), account);
    }

    public void ShouldReadTheEvents(Type family, Func<string[], int> count, params string[] others)
    {
        var known = family.GetNestedTypes(BindingFlags.Public).Where(t => t.IsSubclassOf(family)).Select(t => t.Name);
        known.ShouldBe(Entries("events").Select(Name).Except(others), ignoreOrder: true);
        foreach (var described in Entries("events").Where(e => !others.Contains(Name(e))))
        {
            byte[] data = [.. Discriminator(described), .. Filled(Name(described))];
            string[] Logs(byte[] bytes) => [$"Program {Address} invoke [1]", $"Program data: {Convert.ToBase64String(bytes)}", $"Program {Address} success"];
            count(Logs(data)).ShouldBe(1, Name(described));
            Should.Throw<FormatException>(() => count(Logs(data[..^1])), Name(described));
        }
    }

    private byte[] Filled(string type) => new byte[SizeOf(Entries("types").Single(t => Name(t) == type).GetProperty("type"))];

    /// <summary>In Borsh, with every text empty.</summary>
    private int SizeOf(JsonElement type)
    {
        if (type.ValueKind == JsonValueKind.String)
        {
            return type.GetString() switch
            {
                "u8" or "bool" => 1,
                "u16" => 2,
                "u32" or "string" => 4,
                "u64" or "i64" => 8,
                "pubkey" => 32,
                var other => throw new InvalidOperationException($"What size has {other}?"),
            };
        }

        if (type.TryGetProperty("array", out var array))
        {
            return SizeOf(array[0]) * array[1].GetInt32();
        }

        if (type.TryGetProperty("defined", out var defined))
        {
            var wanted = Name(defined);
            return SizeOf(Entries("types").Single(t => Name(t) == wanted).GetProperty("type"));
        }

        return type.GetProperty("kind").GetString() == "enum" ? 1 : type.GetProperty("fields").EnumerateArray().Sum(f => SizeOf(f.GetProperty("type")));
    }

    private IEnumerable<JsonElement> Entries(string list) => idl.GetProperty(list).EnumerateArray();

    private static string Name(JsonElement entry) => entry.GetProperty("name").GetString()!;

    private static byte[] Discriminator(JsonElement entry) => [.. entry.GetProperty("discriminator").EnumerateArray().Select(b => b.GetByte())];

    private static bool Flag(JsonElement account, string flag) => account.TryGetProperty(flag, out var value) && value.GetBoolean();
}
