using Hypernode.Api.Adapters;
using Hypernode.Api.Auth;
using Hypernode.Api.Blobs;
using Hypernode.Api.Broker;
using Hypernode.Api.Facilitator;
using Hypernode.Api.Health;
using Hypernode.Api.Http;
using Hypernode.Api.Jobs;
using Hypernode.Api.Live;
using Hypernode.Api.Nodes;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Api.Stats;
using Hypernode.Api.X402;
using Hypernode.Contracts.Jobs;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Hypernode.Api;

/// <summary>
/// The HTTP edge. It needs these ports from the host: <c>IJobIntake</c>, <c>IJobReader</c>, <c>INodeDirectory</c>,
/// <c>IEvidence</c>, <c>IBlobStore</c>, <c>IWalletDirectory</c>, <c>IEscrow</c>, <c>IDeposits</c>, <c>IDepositBook</c>, <c>ITransferFacilitator</c>, <c>ITransferLedger</c>, <c>IMessageSender</c>,
/// <c>INodeCommandSender</c>, <c>IIdSource</c>, <c>IStorageWatch</c>, <c>IStandingReader</c>, <c>IOutlook</c>, <c>INodeMailbox</c>, <c>INodeIngress</c>, <c>IRepeats</c>, <c>ILiveStates</c>, <c>ILiveHints</c>. Checks that the host adds with <c>AddHealthChecks()</c> make up /health/ready.
/// </summary>
public static class HypernodeApi
{
    public static IServiceCollection AddHypernodeApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ApiOptions>().Bind(configuration.GetSection(ApiOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<WorkflowWindows>().Bind(configuration.GetSection(WorkflowWindows.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddHealthChecks();
        services.AddMetrics();
        services.AddAuthorization();
        services.AddCors();
        services.AddSingleton<RateLimits>();
        services.AddOptions<CorsOptions>().Configure<IOptions<ApiOptions>>((cors, api) => cors.AddDefaultPolicy(policy => policy
            .WithOrigins([.. api.Value.CorsOrigins])
            .AllowAnyMethod()
            .AllowAnyHeader()
            .WithExposedHeaders(["ETag", "Location", "Retry-After", "Repr-Digest", .. X402Headers.Answered])));
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        services.AddSingleton<TokenKeyFile>();
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>>(s => s.GetRequiredService<SessionTokens>());
        services.AddSingleton<BodyReader>();
        services.AddSingleton<IntentCounters>();
        services.AddSingleton<Stats.StatsSnapshot>();
        services.AddSingleton<BrokerGate>();
        services.AddSingleton<Transfers>();
        services.AddSingleton<OutputBudgets>();
        services.AddScoped<LeaseAccess>();
        services.AddScoped<SubmitJob>();
        services.AddX402(configuration);
        services.AddScoped<LogFollower>();
        services.AddLive(configuration);
        services.AddHypernodeOpenApi();
        return services;
    }

    public static WebApplication MapHypernodeApi(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<ApiOptions>>().Value;
        app.UseMiddleware<EdgeMiddleware>();
        app.UseStatusCodePages(WriteBareStatusAsync);
        app.UseRouting();
        app.UseCors();
        app.UseWebSockets();
        app.UseAuthentication();
        app.UseMiddleware<LimitMiddleware>();
        app.UseAuthorization();
        app.UseMiddleware<AccessMiddleware>();

        var routes = app.MapGroup("").UnderAccessTable();
        var json = routes.MapGroup("").WithMetadata(new BodyLimit(options.MaxJsonBytes));
        json.MapAuth();
        json.MapFacilitator();
        json.MapJobs();
        json.MapNodes();
        json.MapStats();
        json.MapHealth();
        json.MapLive();
        routes.MapBlobs(options);
        routes.MapBrokerAuth(options);
        PublishedDocument.Map(routes);
        routes.MapJobFileSchema();
        routes.MapReferencePage();
        return app;
    }

    /// <summary>What the framework answers without a body (404, 405, 401, 415) gets the same form as our own problems.</summary>
    private static Task WriteBareStatusAsync(StatusCodeContext context)
    {
        var status = context.HttpContext.Response.StatusCode;
        var problem = status switch
        {
            StatusCodes.Status401Unauthorized => new Problem("unauthorized", status, "sign in and send the token: Authorization: Bearer …"),
            StatusCodes.Status404NotFound => new Problem("not-found", status, "no such route"),
            StatusCodes.Status405MethodNotAllowed => new Problem("method-not-allowed", status, "the route has other methods"),
            StatusCodes.Status413PayloadTooLarge => new Problem("too-large", status, "the body is too large"),
            StatusCodes.Status415UnsupportedMediaType => new Problem("unsupported-media-type", status, "send application/json in UTF-8"),
            _ => new Problem("refused", status, "the request was refused"),
        };
        return problem.ExecuteAsync(context.HttpContext);
    }
}
