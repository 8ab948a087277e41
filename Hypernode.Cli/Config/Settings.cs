namespace Hypernode.Cli.Config;

/// <summary>Who said it, the strongest first.</summary>
internal enum SettingSource
{
    Flag,
    Environment,
    Project,
    User,
    Default,
    Unset,
}

/// <param name="Where">The variable or the file; null: the command line, or nobody.</param>
internal sealed record SettingValue(string? Value, SettingSource Source, string? Where);

/// <summary>
/// Flag, environment, project's file, user's file, default: in this order, for each key by itself. The project's is the nearest
/// <c>.hypernode.json</c> from the working folder upwards, but never outside the home folder when one is inside it.
/// </summary>
internal sealed class Settings
{
    public const string ProjectFileName = ".hypernode.json";

    private readonly Func<string, string?> _environment;
    private readonly Lazy<IReadOnlyDictionary<string, string>> _project;
    private readonly Lazy<IReadOnlyDictionary<string, string>> _user;

    /// <param name="environment">A variable's value; null or empty: not set.</param>
    /// <param name="folder">Where the command runs.</param>
    public Settings(Func<string, string?> environment, string folder)
    {
        _environment = environment;
        var home = Given("HOME");
        var user = Given("XDG_CONFIG_HOME") is { } config && Path.IsPathRooted(config) ? config : Path.Join(home ?? "/", ".config");
        UserFile = new SettingsFile(Path.Join(user, "hypernode", "config.json"), isProject: false);
        ProjectFile = NearestProject(folder, home) is { } near ? new SettingsFile(near, isProject: true) : null;
        NewProjectFile = new SettingsFile(Path.Join(folder, ProjectFileName), isProject: true);
        _user = new(UserFile.Read);
        _project = new(() => ProjectFile?.Read() ?? new Dictionary<string, string>());
    }

    public static Settings Current() => new(Environment.GetEnvironmentVariable, Environment.CurrentDirectory);

    public SettingsFile UserFile { get; }

    /// <summary>Null: there is none.</summary>
    public SettingsFile? ProjectFile { get; }

    /// <summary>Where a project's file is made: the working folder.</summary>
    public SettingsFile NewProjectFile { get; }

    /// <param name="flag">What the command line says; null: nothing.</param>
    /// <exception cref="CliException">Whoever said it said something that can't be.</exception>
    public SettingValue Of(string key, string? flag = null)
    {
        var setting = Setting.Find(key);
        if (flag is not null)
        {
            return new(flag, SettingSource.Flag, null);
        }

        if (Given(setting.Variable) is { } text)
        {
            return setting.Problem(text) is { } problem
                ? throw new CliException($"{setting.Variable} {problem}") { ExitCode = ExitCodes.Usage }
                : new(setting.IsPath ? Path.GetFullPath(text) : text, SettingSource.Environment, setting.Variable);
        }

        return _project.Value.TryGetValue(key, out var project) ? new(project, SettingSource.Project, ProjectFile!.FullPath)
            : _user.Value.TryGetValue(key, out var user) ? new(user, SettingSource.User, UserFile.FullPath)
            : setting.Otherwise is { } otherwise ? new(otherwise, SettingSource.Default, null)
            : new(null, SettingSource.Unset, null);
    }

    private string? Given(string variable) => _environment(variable) is { Length: > 0 } text ? text : null;

    private static string? NearestProject(string folder, string? home)
    {
        for (var at = Path.TrimEndingDirectorySeparator(folder); at is not null; at = Path.GetDirectoryName(at))
        {
            if (Directory.Exists(at) && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(at) & UnixFileMode.OtherWrite) != UnixFileMode.None)
            {
                return null; // as /tmp is: anybody may have put it there
            }

            if (Path.Join(at, ProjectFileName) is var file && File.Exists(file))
            {
                return file;
            }

            if (at == home)
            {
                return null;
            }
        }

        return null;
    }
}
