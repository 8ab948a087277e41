using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hypernode.Cli.Config;

/// <summary>A JSON object of texts. A key that is not known is an error: a misspelt one would be believed to hold.</summary>
/// <param name="isProject">Anybody's: see <see cref="Setting.InProject"/>.</param>
internal sealed class SettingsFile(string path, bool isProject)
{
    private const long MaxBytes = 64 * 1024;

    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true };

    private static readonly JsonDocumentOptions Reading = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    public string FullPath => path;

    /// <summary>By key; empty where there is no file.</summary>
    /// <exception cref="CliException">It can't be used as it is: the message names file, key and remedy.</exception>
    public IReadOnlyDictionary<string, string> Read()
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, node) in Parse())
        {
            var setting = Setting.All.FirstOrDefault(s => s.Key == key) ?? throw Wrong($"there is no setting {key}{Setting.Closest(key)}");
            if (isProject && !setting.InProject)
            {
                throw Wrong($"{key} is not a project's to say (it decides whom you trust, or which key signs): hn config set {key} … keeps it for you alone");
            }

            var text = node is JsonValue value && value.TryGetValue<string>(out var given) ? given : throw Wrong($"{key} must be a text");
            values[key] = setting.Problem(text) is { } problem ? throw Wrong($"{key} {problem}")
                : setting.IsPath ? Path.GetFullPath(Home(text), Path.GetDirectoryName(path)!)
                : text;
        }

        return values;
    }

    /// <summary>Keeps the other keys. The file is replaced whole, or not at all.</summary>
    /// <param name="text">Null: the key goes.</param>
    public void Write(string key, string? text)
    {
        var all = Parse();
        all.Remove(key);
        if (text is not null)
        {
            all[key] = text;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = $"{path}.{Path.GetRandomFileName()}.partial";
        try
        {
            File.WriteAllText(partial, all.ToJsonString(Written) + "\n");
            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private JsonObject Parse()
    {
        if (!File.Exists(path))
        {
            return [];
        }

        if (new FileInfo(path).Length > MaxBytes)
        {
            throw Wrong("it is too large for settings");
        }

        try
        {
            return JsonNode.Parse(File.ReadAllText(path), documentOptions: Reading) as JsonObject ?? throw Wrong("it is no JSON object");
        }
        catch (JsonException e)
        {
            throw Wrong($"line {e.LineNumber + 1} is no JSON");
        }
        catch (ArgumentException)
        {
            throw Wrong("it has a key twice");
        }
    }

    private static string Home(string text) => text == "~" || text.StartsWith("~/", StringComparison.Ordinal)
        ? Path.Join(Environment.GetEnvironmentVariable("HOME"), text[1..])
        : text;

    private CliException Wrong(string what) => new($"{path}: {what}") { ExitCode = ExitCodes.Usage };
}
