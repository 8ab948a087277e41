using Hypernode.Cli.Client;

namespace Hypernode.EndToEnd;

/// <summary>The same over RabbitMQ and PostgreSQL, each role and each agent a process of its own. <c>hn</c> starts what it needs.</summary>
[Trait("Needs", "docker")]
[Trait("Needs", "localnet")]
[Trait("Needs", "postgres")]
[Trait("Needs", "rabbitmq")]
public class ServicesDemoTests
{
    [Theory]
    [InlineData(Funding.Intent)]
    [InlineData(Funding.Transaction)]
    public async Task Happy_pays_the_node_and_returns_the_rest(Funding funding) =>
        Stories.PaidInFull(await Demo.RunAsync("happy", services: true, funding), "Succeeded", attempt: 1);

    [Fact]
    [Trait("About", "agent")]
    public async Task Node_death_by_sigkill_is_finished_by_another_node() =>
        Stories.PaidInFull(await Demo.RunAsync("node-death", services: true), "Succeeded", attempt: 2);

    [Fact]
    public async Task Expiry_gives_everything_back_by_itself() =>
        Stories.RefundedInFull(await Demo.RunAsync("expiry", services: true), "Expired");
}
