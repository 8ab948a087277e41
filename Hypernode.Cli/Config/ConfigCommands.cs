using System.CommandLine;
using System.Text.Json.Nodes;
using Hypernode.Cli.Jobs;

namespace Hypernode.Cli.Config;

/// <summary><c>hn config</c>: what need not be said each time.</summary>
internal static class ConfigCommands
{
    private static readonly Option<bool> Project = new("--project") { Description = $"in {Settings.ProjectFileName} of this folder instead of your own file" };

    public static Command Create() => new(
        "config",
        """
        What need not be said each time. A flag wins over the environment, that over the nearest .hypernode.json (from here upwards),
        that over your own file, that over the default. Secrets are never kept there, only the paths of key files; and a project's
        file can't say what decides whom you trust (rpc, program) or which key signs (wallet).

        Examples:
          ./hn config list
          ./hn config set api https://api.example
          ./hn config set wallet ~/wallet.json
        """)
    {
        List(),
        Get(),
        Set(),
        Unset(),
        Where(),
    };

    private static Command List()
    {
        var command = new Command(
            "list",
            """
            Every setting, its value, and who said it.

            Examples:
              ./hn config list
              ./hn config list --json | jq '.settings[] | select(.source != "default")'
            """)
        {
            Connection.Json,
        };
        Connection.Handle(command, async (parsed, _) =>
        {
            var settings = Settings.Current();
            var rows = Setting.All.Select(s => (Setting: s, Said: settings.Of(s.Key))).ToList();
            var answer = new JsonObject { ["settings"] = new JsonArray([.. rows.Select(r => ToJson(r.Setting, r.Said))]) };
            var width = rows.Max(r => r.Said.Value?.Length ?? 0) + 2;
            await Connection.AnswerAsync(parsed, answer, () => string.Join('\n',
            [
                $"{"SETTING",-12}{"VALUE".PadRight(width)}SOURCE",
                .. rows.Select(r => $"{r.Setting.Key,-12}{(r.Said.Value ?? "-").PadRight(width)}{Source(r.Said)}"),
            ]));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Get()
    {
        var key = KeyArgument();
        var command = new Command(
            "get",
            """
            One setting's value.

            Examples:
              ./hn config get api
            """)
        {
            key, Connection.Json,
        };
        Connection.Handle(command, async (parsed, _) =>
        {
            var setting = Setting.Find(parsed.GetRequiredValue(key));
            var said = Settings.Current().Of(setting.Key);
            if (said.Value is null)
            {
                throw new CliException($"{setting.Key} is not set: {setting.Flag}, {setting.Variable} or hn config set {setting.Key} …") { ExitCode = ExitCodes.NotFound };
            }

            await Connection.AnswerAsync(parsed, ToJson(setting, said), () => said.Value);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Set()
    {
        var key = KeyArgument();
        var value = new Argument<string>("VALUE") { Description = "its value; of a key file, its path" };
        var command = new Command(
            "set",
            """
            Keep a setting, in your own file or in this folder's.

            Examples:
              ./hn config set api https://api.example
              ./hn config set network devnet --project
            """)
        {
            key, value, Project, Connection.Json,
        };
        Connection.Handle(command, async (parsed, _) =>
        {
            var setting = Setting.Find(parsed.GetRequiredValue(key));
            var text = parsed.GetRequiredValue(value);
            if (setting.Problem(text) is { } problem)
            {
                throw new CliException($"{setting.Key} {problem}") { ExitCode = ExitCodes.Usage };
            }

            var file = FileOf(parsed, setting);
            text = setting.IsPath ? Path.GetFullPath(text) : text;
            file.Write(setting.Key, text);
            await Connection.AnswerAsync(parsed, new JsonObject { ["key"] = setting.Key, ["value"] = text, ["file"] = file.FullPath }, () => $"{setting.Key} is {text} in {file.FullPath}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Unset()
    {
        var key = KeyArgument();
        var command = new Command(
            "unset",
            """
            Forget a setting.

            Examples:
              ./hn config unset wallet
            """)
        {
            key, Project, Connection.Json,
        };
        Connection.Handle(command, async (parsed, _) =>
        {
            var setting = Setting.Find(parsed.GetRequiredValue(key));
            var file = FileOf(parsed, setting);
            file.Write(setting.Key, null);
            await Connection.AnswerAsync(parsed, new JsonObject { ["key"] = setting.Key, ["value"] = null, ["file"] = file.FullPath }, () => $"{setting.Key} is not said in {file.FullPath} any more");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Where()
    {
        var command = new Command(
            "path",
            """
            Where settings are read from.

            Examples:
              ./hn config path
              ./hn config path --json | jq -r .user
            """)
        {
            Connection.Json,
        };
        Connection.Handle(command, async (parsed, _) =>
        {
            var settings = Settings.Current();
            var (user, project) = (settings.UserFile.FullPath, settings.ProjectFile?.FullPath);
            await Connection.AnswerAsync(parsed, new JsonObject { ["user"] = user, ["project"] = project }, () => $"user     {user}\nproject  {project ?? "none"}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Argument<string> KeyArgument()
    {
        var key = new Argument<string>("KEY") { Description = string.Join(", ", Setting.All.Select(s => s.Key)) };
        key.CompletionSources.Add([.. Setting.All.Select(s => s.Key)]);
        return key;
    }

    private static SettingsFile FileOf(ParseResult parsed, Setting setting)
    {
        var settings = Settings.Current();
        return !parsed.GetValue(Project) ? settings.UserFile
            : setting.InProject ? settings.ProjectFile ?? settings.NewProjectFile
            : throw new CliException($"{setting.Key} is not a project's to say: it decides whom you trust, or which key signs") { ExitCode = ExitCodes.Usage };
    }

    private static JsonObject ToJson(Setting setting, SettingValue said) => new()
    {
        ["key"] = setting.Key,
        ["value"] = said.Value,
        ["source"] = said.Source.ToString().ToLowerInvariant(),
        ["where"] = said.Where,
        ["flag"] = setting.Flag,
        ["variable"] = setting.Variable,
        ["about"] = setting.About,
    };

    private static string Source(SettingValue said) => said switch
    {
        { Source: SettingSource.Unset } => "not set",
        { Where: { } where } => $"{said.Source.ToString().ToLowerInvariant()}: {where}",
        _ => said.Source.ToString().ToLowerInvariant(),
    };
}
