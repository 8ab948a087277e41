using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Hypernode.Api.X402;

internal static class X402Composition
{
    public static void AddX402(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<X402Options>().Bind(configuration.GetSection(X402Options.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<Pricing>();
        services.AddScoped<Offers>();
        services.AddScoped<SettlementWait>();
        services.AddScoped<PaidSubmission>();
        services.AddScoped<TransferSettling>();
        services.AddScoped<AccountOpenings>();
    }
}
