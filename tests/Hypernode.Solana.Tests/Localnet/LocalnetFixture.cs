using System.Net.Http.Json;
using System.Text.Json;

namespace Hypernode.Solana.Tests.Localnet;

/// <summary>The client's parts over the run's one node.</summary>
public sealed class LocalnetFixture : IAsyncLifetime
{
    private readonly HttpClient http = new();
    private readonly string[]? own;

    public LocalnetFixture()
    {
    }

    /// <param name="own">options of a node that is this fixture's alone</param>
    internal LocalnetFixture(string[] own) => this.own = own;

    public Uri Endpoint { get; private set; } = null!;

    /// <summary>One port up, as on every Solana node.</summary>
    public Uri Subscriptions => new($"ws://{Endpoint.Host}:{Endpoint.Port + 1}");

    public IRpcClient Rpc { get; private set; } = null!;

    public TransactionSender Sender { get; private set; } = null!;

    public ProgramDeployer Deployer { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Endpoint = own is null ? await LocalnetNode.EndpointAsync() : await LocalnetNode.StartAsync(own);
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

    /// <summary>One of the methods that no real cluster has.</summary>
    internal async Task<JsonElement> ControlAsync(string method, object parameters)
    {
        using var response = await http.PostAsJsonAsync(Endpoint, new { jsonrpc = "2.0", id = 1, method, @params = new[] { parameters } });
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        return answer.TryGetProperty("result", out var result) ? result : throw new InvalidOperationException($"{method}: {answer}");
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

    public Task DisposeAsync()
    {
        http.Dispose();
        return Task.CompletedTask;
    }
}

[CollectionDefinition(Name)]
public sealed class LocalnetCollection : ICollectionFixture<LocalnetFixture>
{
    public const string Name = "localnet";
}
