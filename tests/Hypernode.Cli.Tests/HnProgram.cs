using System.Diagnostics;
using Hypernode.Cli.Adapters;
using Hypernode.Solana;

namespace Hypernode.Cli.Tests;

/// <summary>The program itself, as a process of its own with a home of its own.</summary>
internal static class HnProgram
{
    public static readonly string Home = NewFolder("hypernode-hn-");

    /// <summary>What the owner, the group and all others may do with it.</summary>
    public static UnixFileMode ModeOf(string path) => new FileInfo(path).UnixFileMode;

    public static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    public static string Dll => Path.Combine(AppContext.BaseDirectory, "hn.dll");

    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] words) => await RunAsync("dotnet", [Dll, .. words]);

    /// <param name="input">What stands at its stdin.</param>
    public static async Task<(int Code, string Output, string Error)> RunAsync(
        string program, IReadOnlyList<string> words, string input = "", IReadOnlyDictionary<string, string>? environment = null, string? folder = null)
    {
        var start = new ProcessStartInfo(program, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = folder ?? Home,
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("HYPERNODE_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HOME"] = Home;
        start.Environment["XDG_CONFIG_HOME"] = "";
        start.Environment["NO_COLOR"] = "";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["HYPERNODE_ROOT"] = Repository.Find().Root;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has read enough, and ended.
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Of this test run: it goes when the run ends.</summary>
    public static string NewFolder(string prefix)
    {
        var folder = Directory.CreateTempSubdirectory(prefix).FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }

    public static Task<string> WalletAsync()
    {
        var path = Path.Combine(Home, $"{Path.GetRandomFileName()}.json");
        using var account = new Account();
        KeyFile.Create(path, account);
        return Task.FromResult(path);
    }
}
