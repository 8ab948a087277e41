using System.Text.Json.Nodes;
using Hypernode.Bench.Stack;

namespace Hypernode.Bench.Running;

/// <summary>Writes the settings of a measured stack: the product's own defaults, but for where things are.</summary>
internal static class StackSettings
{
    /// <param name="textbook">One commit a message, inbox and outbox apart, every command by queue.</param>
    /// <param name="chainSocket">Several processes look at one simulated chain.</param>
    /// <param name="more">Sections and settings beside and over these.</param>
    /// <returns>The file. It holds passwords, so it is for its owner alone.</returns>
    public static string Services(string data, string postgres, string hostsBroker, string nodesBroker, LoadOptions load, bool textbook, bool chainSocket, JsonObject? more = null)
    {
        var settings = Common(data, "RabbitMq", load);
        settings["RabbitMq"] = new JsonObject { ["Uri"] = hostsBroker };
        settings["Storage"] = new JsonObject { ["Provider"] = "postgres", ["ConnectionString"] = postgres };
        settings["Bench"]!["NodesBroker"] = nodesBroker;
        settings["Bench"]!["Textbook"] = textbook;
        settings["Bench"]!["ChainSocket"] = chainSocket ? Path.Combine(data, "chain.socket") : "";
        if (textbook)
        {
            // A list of nothing: no worker is taken from the commit.
            settings["Engine"] = new JsonObject { ["Local"] = ",", ["Fused"] = ",", ["CachedJobs"] = 0 };
        }

        foreach (var (section, values) in more ?? [])
        {
            var target = settings[section] as JsonObject ?? (JsonObject)(settings[section] = new JsonObject())!;
            foreach (var (name, value) in values!.AsObject())
            {
                target[name] = value!.DeepClone();
            }
        }

        return Write(data, settings);
    }

    public static string Embedded(string data) => Write(data, Common(data, "Memory", new LoadOptions()));

    private static JsonObject Common(string data, string transport, LoadOptions load) => new()
    {
        ["Host"] = new JsonObject { ["Url"] = "http://127.0.0.1:0", ["DataPath"] = data, ["Transport"] = transport },
        ["Bench"] = new JsonObject { ["Nodes"] = load.Nodes, ["Slots"] = load.Slots },
    };

    private static string Write(string data, JsonObject settings)
    {
        Directory.CreateDirectory(data);
        var path = Path.Combine(data, "settings.json");
        var file = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, file);
        writer.Write(new JsonObject { ["Hypernode"] = settings }.ToJsonString());
        return path;
    }
}
