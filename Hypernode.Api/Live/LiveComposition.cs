using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Live;

internal static class LiveComposition
{
    public static void AddLive(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<LiveOptions>().Bind(configuration.GetSection(LiveOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Movements>();
        services.AddSingleton<Feeds>();
        services.AddSingleton<LiveAccess>();
        services.AddSingleton<LiveHub>();
        services.AddHostedService(p => p.GetRequiredService<LiveHub>());
        services.AddOptions<WebSocketOptions>().Configure<IOptions<LiveOptions>>((sockets, live) =>
        {
            sockets.KeepAliveInterval = TimeSpan.FromSeconds(live.Value.PingSeconds);
            sockets.KeepAliveTimeout = TimeSpan.FromSeconds(live.Value.PatienceSeconds);
        });
    }
}
