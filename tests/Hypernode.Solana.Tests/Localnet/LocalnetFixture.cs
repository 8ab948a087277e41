namespace Hypernode.Solana.Tests.Localnet;

/// <summary>The client's parts over the run's one node.</summary>
public sealed class LocalnetFixture : IAsyncLifetime
{
    private readonly HttpClient http = new();

    public Uri Endpoint { get; private set; } = null!;

    /// <summary>One port up, as on every Solana node.</summary>
    public Uri Subscriptions => new($"ws://{Endpoint.Host}:{Endpoint.Port + 1}");

    public IRpcClient Rpc { get; private set; } = null!;

    public TransactionSender Sender { get; private set; } = null!;

    public ProgramDeployer Deployer { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Endpoint = await LocalnetNode.EndpointAsync();
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
