using System.Text.Json;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Workers.Adapters.Solana;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace Hypernode.Host;

/// <summary>Where this host answers, for whoever started it: <c>host.json</c>, or <c>host-{roles}.json</c> without the API.</summary>
internal static class ReadyFile
{
    public static async Task WriteAsync(WebApplication app, HostOptions options)
    {
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var name = options.Has("api") ? "host.json" : $"host-{options.Roles.Replace(',', '-')}.json";
        var ready = new
        {
            Url = url,
            Pid = Environment.ProcessId,
            Roles = options.Roles.Split(','),
            app.Services.GetRequiredService<IEscrow>().Deployment.Network,
            Rpc = app.Services.GetRequiredService<IOptions<SolanaOptions>>().Value.Endpoints()[0].OriginalString,
            Ws = app.Configuration["Hypernode:Chain:WsUrl"],
            StartedAt = app.Services.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var path = Path.Combine(options.DataPath, name);
        var temporary = $"{path}.{Environment.ProcessId}";
        await File.WriteAllTextAsync(temporary, JsonSerializer.Serialize(ready, ContractJson.Options));
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Where the chain of a running host is, which started one of its own at a free port; null: no host has said.</summary>
    public static async Task<Uri?> RpcOfAsync(string dataPath, CancellationToken cancellationToken)
    {
        var path = Path.Combine(dataPath, "host.json");
        if (!File.Exists(path))
        {
            return null;
        }

        using var ready = JsonDocument.Parse(await File.ReadAllTextAsync(path, cancellationToken));
        return ready.RootElement.TryGetProperty("rpc", out var rpc) && Uri.TryCreate(rpc.GetString(), UriKind.Absolute, out var address) ? address : null;
    }
}
