using System.Diagnostics;
using System.Text.Json;

namespace Hypernode.Solana.Tests.Localnet;

/// <summary>
/// The bundled node: the one that HYPERNODE_TEST_LOCALNET names, else a child process of its own on a free port and a
/// temporary ledger, which ends when its input is closed.
/// </summary>
public sealed class LocalnetFixture : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TempFolder ledger = new();
    private readonly HttpClient http = new();
    private Process? node;

    public Uri Endpoint { get; private set; } = null!;

    public IRpcClient Rpc { get; private set; } = null!;

    public TransactionSender Sender { get; private set; } = null!;

    public ProgramDeployer Deployer { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Endpoint = Environment.GetEnvironmentVariable("HYPERNODE_TEST_LOCALNET") is { Length: > 0 } given
            ? new Uri(given)
            : await StartAsync();
        (Rpc, Sender, Deployer) = Connect(http);
    }

    /// <summary>Another client of the same node, through a handler of the test's own.</summary>
    public (IRpcClient Rpc, TransactionSender Sender, ProgramDeployer Deployer) Connect(HttpClient through)
    {
        var rpc = new RpcClient(through, Endpoint);
        var tracker = new ConfirmationTracker(rpc, TimeProvider.System, new ConfirmationOptions { PollInterval = TimeSpan.FromMilliseconds(20) });
        var sender = new TransactionSender(rpc, tracker);
        return (rpc, sender, new ProgramDeployer(rpc, sender, TimeProvider.System));
    }

    /// <summary>A new key with some SOL.</summary>
    public async Task<Account> FundedAsync(ulong sol = 10)
    {
        var account = new Account();
        var lamports = sol * 1_000_000_000;
        await Rpc.RequestAirdropAsync(account.PublicKey, lamports);
        await Eventually.Async(async () => await Rpc.GetBalanceAsync(account.PublicKey) >= lamports, "the airdrop arrives");
        return account;
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        if (node is not null)
        {
            node.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            try
            {
                await node.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                node.Kill();
            }

            node.Dispose();
        }

        ledger.Dispose();
    }

    private async Task<Uri> StartAsync()
    {
        var folder = RepositoryFiles.At("localnet");
        if (!File.Exists(Path.Combine(folder, "main.cjs")))
        {
            throw new InvalidOperationException($"No localnet in {folder}, and HYPERNODE_TEST_LOCALNET is not set.");
        }

        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
        {
            await RunAsync("npm", ["ci", "--no-audit", "--no-fund"], folder);
        }

        node = Process.Start(new ProcessStartInfo("node", ["main.cjs", "--port", "0", "--data", ledger.Path, "--until-stdin-closes"])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        }) ?? throw new InvalidOperationException("node does not start");
        using var patience = new CancellationTokenSource(Patience);
        while (await node.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith('{') && JsonSerializer.Deserialize<JsonElement>(line).TryGetProperty("rpc", out var rpc))
            {
                // Keep its output from filling the pipe.
                node.OutputDataReceived += (_, _) => { };
                node.BeginOutputReadLine();
                return new Uri(rpc.GetString()!);
            }
        }

        throw new InvalidOperationException("The localnet ended before it was ready.");
    }

    private static async Task RunAsync(string program, string[] arguments, string folder)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder })
            ?? throw new InvalidOperationException($"{program} does not start");
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}");
    }
}

[CollectionDefinition(Name)]
public sealed class LocalnetCollection : ICollectionFixture<LocalnetFixture>
{
    public const string Name = "localnet";
}
