using System.Text.Json;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Localnet;
using Hypernode.Cli.Tests.Jobs;
using Hypernode.Cli.Wallets;
using Hypernode.Solana;

namespace Hypernode.Cli.Tests;

public sealed class WalletImportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-import-").FullName;
    private readonly Account _account = new();

    public void Dispose()
    {
        _account.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_key_file_is_taken_over_for_its_new_owner_alone_and_replaces_nothing()
    {
        var (from, to) = (In("id.json"), In("wallet.json"));
        KeyFile.Create(from, _account);

        var (code, output) = await CommandLine.RunAsync(WalletCommands.Create(), "import", to, "--from", from, "--json");

        code.ShouldBe(0);
        JsonNode.Parse(output)!["address"]!.GetValue<string>().ShouldBe(_account.PublicKey.Key);
        HnProgram.ModeOf(to).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await File.ReadAllTextAsync(to)).ShouldBe(await File.ReadAllTextAsync(from));
        await File.WriteAllTextAsync(to, "mine");
        (await CommandLine.RunAsync(WalletCommands.Create(), "import", to, "--from", from)).Code.ShouldBe(2);
        (await File.ReadAllTextAsync(to)).ShouldBe("mine");
    }

    [Fact]
    public async Task An_exported_key_comes_by_stdin_in_base58_or_as_numbers_and_never_shows()
    {
        foreach (var form in new[] { Secret58(), Numbers() })
        {
            var to = In(Path.GetRandomFileName());
            var (code, output, error) = await HnProgram.RunAsync("dotnet", [HnProgram.Dll, "wallet", "import", to], $"{form}\n");

            code.ShouldBe(0, error);
            output.ShouldContain(_account.PublicKey.Key);
            (output + error).ShouldNotContain(form);
            using var kept = KeyFile.Load(to);
            kept.PublicKey.ShouldBe(_account.PublicKey);
            HnProgram.ModeOf(to).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    /// <summary>In a real terminal: what is pasted the moment the question stands there is not shown, not even in between.</summary>
    [Fact]
    public async Task A_key_that_is_pasted_at_the_terminal_is_never_echoed()
    {
        var to = In("wallet.json");
        using var script = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "script", ["-qec", $"dotnet {Shell.Quote(HnProgram.Dll)} wallet import {Shell.Quote(to)}; stty -a", "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
        })!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var seen = new System.Text.StringBuilder();
        var buffer = new char[4_096];
        while (await script.StandardOutput.ReadAsync(buffer, limit.Token) is var read and > 0)
        {
            var asked = seen.ToString().Contains("(not shown)");
            seen.Append(buffer, 0, read);
            if (!asked && seen.ToString().Contains("(not shown)"))
            {
                await script.StandardInput.WriteAsync($"{Secret58()}\n");
                await script.StandardInput.FlushAsync(limit.Token);
            }

            if (seen.ToString().Contains("cstopb"))
            {
                script.StandardInput.Close();
            }
        }

        await script.WaitForExitAsync(limit.Token);
        seen.ToString().ShouldContain(_account.PublicKey.Key);
        seen.ToString().ShouldNotContain(Secret58()[..8]);
        seen.ToString().Split([' ', ';', '\n', '\r']).ShouldContain("echo", "the terminal is as it was");
        using var kept = KeyFile.Load(to);
        kept.PublicKey.ShouldBe(_account.PublicKey);
    }

    [Fact]
    public void What_is_no_key_is_refused_without_a_word_of_it()
    {
        var wrong = Secret58()[..^1] + (Secret58()[^1] == '2' ? '3' : '2');
        foreach (var text in new[] { "", "hunter2", wrong, "[1,2,3]", "[999]", "[1", Secret58()[..40] })
        {
            var refused = Should.Throw<CliException>(() => ImportCommand.Parse(text));
            refused.ExitCode.ShouldBe(2);
            refused.InnerException.ShouldBeNull("a parser quotes what it read");
            if (text.Length > 6)
            {
                refused.Message.ShouldNotContain(text);
            }
        }
    }

    [Fact]
    public async Task Too_much_on_stdin_is_no_key_and_leaves_no_file()
    {
        var to = In("wallet.json");
        (await HnProgram.RunAsync("dotnet", [HnProgram.Dll, "wallet", "import", to], new string('1', 100_000))).Code.ShouldBe(2);
        File.Exists(to).ShouldBeFalse();
    }

    [Fact]
    public void There_is_no_option_for_a_key() =>
        ImportCommand.Create().Options.Select(o => o.Name).ShouldBe(["--from", "--json"]);

    /// <summary>A wallet has one delegate at a time: who approves Hypernode ends another program's allowance, and should know.</summary>
    [Fact]
    [Trait("Needs", "localnet")]
    public async Task An_imported_wallet_approves_and_another_delegate_is_replaced_only_when_that_is_said()
    {
        await using var guard = CleanupGuard.Start(Repository.Find());
        await using var chain = await RunningLocalnet.StartAsync(
            Repository.Find(), new LocalnetPlan(0, _folder, 100, 50, false, false), guard, TimeProvider.System, static _ => { }, CancellationToken.None);
        var rpc = chain.Addresses["rpc"]!.GetValue<string>();
        var (wallet, program) = (In("wallet.json"), chain.Addresses["programs"]!["facilitator"]!.GetValue<string>());
        var giver = Directory.EnumerateFiles(_folder, "payer.json", SearchOption.AllDirectories).Single();
        (await CommandLine.RunAsync(WalletCommands.Create(), "import", wallet, "--from", giver)).Code.ShouldBe(0);

        string[] common = ["--wallet", wallet, "--rpc", rpc, "--program", program];
        (await CommandLine.RunAsync(WalletCommands.Create(), ["approve", "--amount", "10", .. common])).Code.ShouldBe(0);
        (await AllowanceAsync()).ShouldBe((10_000_000UL, null));

        // Another program's allowance, as any wallet software would grant it.
        using var http = new HttpClient();
        var client = new RpcClient(http, new Uri(rpc));
        using var key = KeyFile.Load(wallet);
        var mint = new PublicKey(chain.Addresses["mints"]!["hyper"]!.GetValue<string>());
        var purse = AssociatedTokenAccountProgram.DeriveAssociatedTokenAccount(key.PublicKey, mint);
        KnownOutcome.Require(
            await new TransactionSender(client, new ConfirmationTracker(client, TimeProvider.System)).SendAsync(
                [TokenProgram.ApproveChecked(purse, _account.PublicKey, 5_000_000, 6, key.PublicKey, mint)], key),
            "the other allowance");
        (await AllowanceAsync()).ShouldBe((0UL, _account.PublicKey.Key));

        (await CommandLine.RunAsync(WalletCommands.Create(), ["approve", "--amount", "10", .. common])).Code.ShouldBe(1);
        (await AllowanceAsync()).ShouldBe((0UL, _account.PublicKey.Key), "nothing was changed");
        var (code, output) = await CommandLine.RunAsync(WalletCommands.Create(), ["approve", "--amount", "10", "--replace", "--json", .. common]);
        code.ShouldBe(0);
        JsonNode.Parse(output)!["replaced"]!.GetValue<string>().ShouldBe(_account.PublicKey.Key);
        (await AllowanceAsync()).ShouldBe((10_000_000UL, null));

        async Task<(ulong, string?)> AllowanceAsync()
        {
            var answer = JsonNode.Parse((await CommandLine.RunAsync(WalletCommands.Create(), ["balance", "--json", .. common])).Output)!;
            return (answer["allowance"]!.GetValue<ulong>(), (string?)answer["otherDelegate"]);
        }
    }

    private string In(string name) => Path.Combine(_folder, name);

    private string Numbers()
    {
        var path = In(Path.GetRandomFileName());
        KeyFile.Create(path, _account);
        return File.ReadAllText(path);
    }

    private string Secret58() => Base58.Encode([.. JsonSerializer.Deserialize<int[]>(Numbers())!.Select(n => (byte)n)]);
}
