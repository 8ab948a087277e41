using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Host.Adapters;
using Hypernode.Host.Messaging;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Hypernode.Sagas;
using Hypernode.Storage;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace Hypernode.Host.Tests.Messaging;

/// <summary>A host's messaging, engine and storage on a real broker and a real database; the chain and the nodes are left out.</summary>
internal sealed class BrokerHost : IAsyncDisposable
{
    private readonly IHost _host;

    private BrokerHost(IHost host, IChannel channel)
    {
        _host = host;
        Channel = channel;
    }

    /// <summary>A channel of the administrator's, with confirms.</summary>
    public IChannel Channel { get; }

    public DeadLetters Dead => Get<DeadLetters>();

    public static async Task<BrokerHost> StartAsync(string broker, TestDatabase database, string roles, Action<IServiceCollection>? more = null)
    {
        var options = new HostOptions { Roles = roles, Transport = BusTransport.RabbitMq };
        var rabbit = new RabbitMqOptions { Uri = broker };
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<IConfiguration>(builder.Configuration);
        builder.Services.AddLogging();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IIdSource, SystemIds>();
        builder.Services.AddHypernodePostgres(database.ConnectionString);
        builder.Services.AddHypernodeEngine(options.Has("sagas"));
        builder.Services.AddSingleton(Options.Create(rabbit));
        builder.Services.AddSingleton<RabbitMqConnection>();
        builder.Services.AddSingleton<DeadLetters>();
        builder.Services.AddSingleton<ShardBalance>(); // the tests make its turns
        builder.Services.AddSingleton<INodeCommandSender, RabbitMqNodeCommandSender>();
        builder.Services.AddHypernodeBus(options, rabbit);
        more?.Invoke(builder.Services);
        var host = builder.Build();
        var channel = await host.Services.GetRequiredService<RabbitMqConnection>().OpenChannelAsync(confirms: true, CancellationToken.None);
        await RabbitMqTopology.DeclareAsync(channel, CancellationToken.None);
        await host.StartAsync();
        return new BrokerHost(host, channel);
    }

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    /// <summary>As a part of ours sends.</summary>
    public async Task SendAsync(string queue, object message, Guid id)
    {
        var endpoint = await Get<IBus>().GetSendEndpoint(new Uri($"exchange:{queue}"));
        await endpoint.Send(message, message.GetType(), Pipe.Execute<SendContext>(c => c.MessageId = id));
    }

    /// <summary>As nobody of ours would.</summary>
    public async Task SendRawAsync(string queue, string body, string? id = null, IDictionary<string, object?>? headers = null)
    {
        var properties = new BasicProperties { Persistent = true, ContentType = "application/vnd.masstransit+json", Headers = headers };
        if (id is not null)
        {
            properties.MessageId = id;
        }

        await Channel.BasicPublishAsync(queue, "", mandatory: true, properties, System.Text.Encoding.UTF8.GetBytes(body));
    }

    public Task<DeadLetter> ParkedAsync(Guid id) => Eventually.GetAsync(
        async () => (await Dead.ListAsync(100, CancellationToken.None)).FirstOrDefault(l => l.MessageId == id.ToString()), $"{id} among the dead letters");

    public async Task<StoredSaga> SagaAsync(JobId job) =>
        (await Get<ISagaJournal>().LoadAsync([job], CancellationToken.None)).Single();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await Channel.DisposeAsync();
        if (_host is IAsyncDisposable host)
        {
            await host.DisposeAsync();
        }
    }
}
