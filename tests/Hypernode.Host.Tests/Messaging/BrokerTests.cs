using Microsoft.Extensions.DependencyInjection;

namespace Hypernode.Host.Tests.Messaging;

/// <summary>A virtual host of the broker and a database of its own for each test, and as many hosts on them as it wants.</summary>
public abstract class BrokerTests : IAsyncLifetime
{
    private protected string Broker { get; private set; } = "";

    private protected TestDatabase Database { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Broker = await BrokerUser.MakeVirtualHostAsync();
        Database = await TestDatabase.CreateAsync();
    }

    public async Task DisposeAsync()
    {
        await Database.DisposeAsync();
        await BrokerUser.DropVirtualHostAsync(Broker);
    }

    private protected Task<BrokerHost> StartAsync(string roles, Action<IServiceCollection>? more = null) => BrokerHost.StartAsync(Broker, Database, roles, more);
}
