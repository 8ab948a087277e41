using System.Text.Json.Nodes;
using Hypernode.Cli.Config;

namespace Hypernode.Cli.Tests;

public sealed class SettingsTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("hypernode-home-").FullName;
    private readonly Dictionary<string, string?> _environment = [];

    public SettingsTests()
    {
        _environment["HOME"] = _home;
        Directory.CreateDirectory(Work);
    }

    private string Work => Path.Join(_home, "work", "deep");

    private string UserFile => Path.Join(_home, ".config", "hypernode", "config.json");

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void A_flag_wins_over_the_environment_that_over_the_project_that_over_the_user_that_over_the_default()
    {
        Of("api").ShouldBe(new("http://127.0.0.1:5080", SettingSource.Default, null));

        Write(UserFile, """{"api":"http://user"}""");
        Of("api").ShouldBe(new("http://user", SettingSource.User, UserFile));

        var project = Path.Join(_home, "work", Settings.ProjectFileName);
        Write(project, """{"api":"http://project", /* of ours */ "network":"devnet"}""");
        Of("api").ShouldBe(new("http://project", SettingSource.Project, project));
        Of("network").Value.ShouldBe("devnet");

        _environment["HYPERNODE_API"] = "http://environment";
        Of("api").ShouldBe(new("http://environment", SettingSource.Environment, "HYPERNODE_API"));
        Of("api", "http://flag").ShouldBe(new("http://flag", SettingSource.Flag, null));

        _environment["HYPERNODE_API"] = "";
        Of("api").Source.ShouldBe(SettingSource.Project, "what is empty is not set");
    }

    [Fact]
    public void The_nearest_projects_file_counts_and_none_outside_the_home_or_where_anybody_may_write()
    {
        Write(Path.Join(_home, Settings.ProjectFileName), """{"network":"far"}""");
        Of("network").Value.ShouldBe("far");
        Write(Path.Join(Work, Settings.ProjectFileName), """{"network":"near"}""");
        Of("network").Value.ShouldBe("near");

        File.Delete(Path.Join(Work, Settings.ProjectFileName));
        HnProgram.SetMode(Path.Join(_home, "work"), (UnixFileMode)511);
        Of("network").Source.ShouldBe(SettingSource.Default);

        _environment["HOME"] = Work;
        Of("network").Source.ShouldBe(SettingSource.Default);
    }

    [Theory]
    [InlineData("rpc", "http://evil")]
    [InlineData("program", "11111111111111111111111111111111")]
    [InlineData("wallet", "w.json")]
    [InlineData("hostConfig", "h.json")]
    public void A_folder_that_somebody_else_made_does_not_choose_whom_we_trust(string key, string value)
    {
        Write(Path.Join(Work, Settings.ProjectFileName), new JsonObject { [key] = value }.ToJsonString());

        var refused = Should.Throw<CliException>(() => Of(key));

        refused.ExitCode.ShouldBe(2);
        refused.Message.ShouldContain(key);
        refused.Message.ShouldContain("hn config set");
    }

    [Theory]
    [InlineData("""{"ap":"http://x"}""", "did you mean api?")]
    [InlineData("""{"Wallet":"w"}""", "did you mean wallet?")]
    [InlineData("""{"colour":"red"}""", "there is no setting colour")]
    [InlineData("""{"api":7}""", "api must be a text")]
    [InlineData("""{"api":"ftp://x"}""", "http")]
    [InlineData("""{"api":"https://me:secret@x"}""", "password")]
    [InlineData("[1]", "no JSON object")]
    [InlineData("{\n\"api\"", "line 2")]
    public void What_can_t_be_believed_is_an_error_with_the_files_name_and_never_a_guess(string content, string told)
    {
        Write(UserFile, content);
        var wrong = Should.Throw<CliException>(() => Of("api"));
        (wrong.ExitCode, wrong.Message.Contains(UserFile)).ShouldBe((2, true), wrong.Message);
        wrong.Message.ShouldContain(told);
        wrong.Message.ShouldNotContain("me:secret");
    }

    [Theory]
    [InlineData("[1,2,3]")]
    [InlineData("4Z7cXSyeFR8wNGMVXUE1TwtKn5D5Vu7FzEv69dokLv7KrQk7h6pu4LF8ZRR9yQBhc7uSM6RTTZtU1fmaxiNrxXrs")]
    public void A_key_is_no_setting(string secret)
    {
        Setting.Find("wallet").Problem(secret)!.ShouldContain("key file");
        _environment["HYPERNODE_WALLET"] = secret;
        Should.Throw<CliException>(() => Of("wallet")).Message.ShouldNotContain(secret);
    }

    [Fact]
    public void A_path_is_taken_from_the_file_that_names_it_and_the_home_may_be_short()
    {
        Write(UserFile, """{"wallet":"keys/w.json","hostConfig":"/etc/h.json"}""");
        Of("wallet").Value.ShouldBe(Path.Join(_home, ".config", "hypernode", "keys", "w.json"));
        Of("hostConfig").Value.ShouldBe("/etc/h.json");
    }

    [Fact]
    public void XDG_says_where_the_users_file_is_and_only_as_a_whole_path()
    {
        _environment["XDG_CONFIG_HOME"] = Path.Join(_home, "xdg");
        New().UserFile.FullPath.ShouldBe(Path.Join(_home, "xdg", "hypernode", "config.json"));
        _environment["XDG_CONFIG_HOME"] = "xdg";
        New().UserFile.FullPath.ShouldBe(UserFile);
    }

    [Fact]
    public void What_is_set_is_kept_beside_what_was_there()
    {
        Write(UserFile, """{"api":"http://a","network":"devnet"}""");
        var file = New().UserFile;

        file.Write("api", "http://b");
        file.Write("rpc", "http://c");
        file.Write("network", null);

        file.Read().ShouldBe(new Dictionary<string, string> { ["api"] = "http://b", ["rpc"] = "http://c" }, ignoreOrder: true);
        Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(UserFile)!).ShouldHaveSingleItem();
    }

    private Settings New() => new(_environment.GetValueOrDefault, Work);

    private SettingValue Of(string key, string? flag = null) => New().Of(key, flag);

    private static void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }
}

/// <summary>The same, as it is typed.</summary>
public sealed class ConfigCommandTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("hypernode-config-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task What_is_set_is_used_until_it_is_unset()
    {
        (await HnAsync("config", "set", "wallet", "keys/w.json")).Code.ShouldBe(0);
        (await HnAsync("config", "get", "wallet")).Output.Trim().ShouldBe(Path.Join(_home, "keys", "w.json"), "from any folder it is the same file");
        (await HnAsync("config", "set", "api", "http://127.0.0.1:1", "--project")).Code.ShouldBe(0);
        File.Exists(Path.Join(_home, Settings.ProjectFileName)).ShouldBeTrue();
        var listed = JsonNode.Parse((await HnAsync("config", "list", "--json")).Output)!["settings"]!.AsArray().ToDictionary(s => (string)s!["key"]!, s => (string)s!["source"]!);
        (listed["api"], listed["wallet"], listed["rpc"], listed["program"]).ShouldBe(("project", "user", "default", "unset"));

        // A command uses both: the wallet that is not there, then the API that is not.
        (await HnAsync("job", "list")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1), r => r.Error.ShouldContain("w.json"));
        (await HnAsync("config", "set", "wallet", await HnProgram.WalletAsync())).Code.ShouldBe(0);
        (await HnAsync("job", "list")).Code.ShouldBe(6);

        (await HnAsync("config", "unset", "wallet")).Code.ShouldBe(0);
        (await HnAsync("job", "list")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(2), r => r.Error.ShouldContain("--wallet"));
    }

    [Theory]
    [InlineData("rpc", "http://evil", "--project")]
    [InlineData("wallet", "[1,2,3]", null)]
    [InlineData("api", "https://me:secret@api.example", null)]
    [InlineData("network", "no spaces", null)]
    public async Task What_must_not_be_kept_is_not(string key, string value, string? where)
    {
        var (code, _, error) = await HnAsync(["config", "set", key, value, .. where is null ? [] : new[] { where }]);

        code.ShouldBe(2);
        error.ShouldNotContain("me:secret");
        Directory.EnumerateFiles(_home, "*.json", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_broken_file_stops_every_command_that_would_read_it_and_config_path_still_says_where_it_is()
    {
        File.WriteAllText(Path.Join(_home, Settings.ProjectFileName), """{"ntwork":"devnet"}""");

        (await HnAsync("wallet", "balance", "--wallet", await HnProgram.WalletAsync())).ShouldSatisfyAllConditions(
            r => r.Code.ShouldBe(2), r => r.Error.ShouldContain("did you mean network?"));
        (await HnAsync("config", "path")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Output.ShouldContain(Settings.ProjectFileName));
    }

    private Task<(int Code, string Output, string Error)> HnAsync(params string[] words) => HnProgram.RunAsync(
        "dotnet", [HnProgram.Dll, .. words], environment: new Dictionary<string, string> { ["HOME"] = _home }, folder: _home);
}
