using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Localnet;
using Hypernode.Solana;

namespace Hypernode.Cli.Tests;

public class LocalnetTests
{
    [Fact]
    public async Task A_taken_port_is_named_before_anything_starts()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var guard = CleanupGuard.Start(Repository.Find());

        var failure = await Should.ThrowAsync<CliException>(() => StartAsync(guard, port));
        failure.Message.ShouldContain($"port {port} is taken");
        failure.Message.ShouldContain("--port");
        // The port below would put the subscriptions onto it.
        (await Should.ThrowAsync<CliException>(() => StartAsync(guard, port - 1))).Message.ShouldContain("is taken");
    }

    [Theory]
    [InlineData("--port", "70000")]
    [InlineData("--port", "-1")]
    [InlineData("--port", "many")]
    [InlineData("--slot-ms", "1")]
    [InlineData("--hyper", "-5")]
    public void Values_out_of_range_are_refused_by_name(string option, string value) =>
        LocalnetCommand.Create().Parse([option, value]).Errors.ShouldContain(e => e.Message.Contains(option));

    [Fact]
    public void The_help_has_examples() => LocalnetCommand.Create().Description!.ShouldContain("./hn localnet --port 0 --json");

    [Fact]
    public void For_people_every_address_is_a_line() =>
        LocalnetCommand.Describe((JsonObject)JsonNode.Parse("""{"rpc":"http://x","mints":{"hyper":"M"},"oracles":["A","B"],"threshold":3}""")!)
            .Split('\n').Select(l => string.Join('=', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            .ShouldBe(["rpc=http://x", "mints.hyper=M", "oracles.1=A", "oracles.2=B", "threshold=3"]);

    [Fact]
    [Trait("Needs", "localnet")]
    public async Task It_is_ready_for_clients_when_it_says_so_and_gone_when_it_ends()
    {
        Uri rpc;
        await using (var guard = CleanupGuard.Start(Repository.Find()))
        {
            await using var chain = await StartAsync(guard, 0);
            var said = chain.Addresses;
            rpc = new Uri(said["rpc"]!.GetValue<string>());
            using var http = new HttpClient();
            IRpcClient client = new RpcClient(http, rpc);
            (await client.GetGenesisHashAsync()).ShouldBe(said["cluster"]!.GetValue<string>());
            foreach (var (name, program) in said["programs"]!.AsObject())
            {
                (await client.GetAccountInfoAsync(Key(program)))!.Executable.ShouldBeTrue(name);
                (await client.GetAccountInfoAsync(Key(said["configs"]![name])))!.Owner.ShouldBe(Key(program), name);
            }

            said["programs"]!.AsObject().Count.ShouldBe(3);
            (await client.GetAccountInfoAsync(Key(said["config"])))!.Owner.ShouldBe(Key(said["programs"]!["facilitator"]));
            foreach (var mint in said["mints"]!.AsObject())
            {
                TokenMint.From(await client.GetAccountInfoAsync(Key(mint.Value)))!.Decimals.ShouldBe((byte)6);
            }

            foreach (var (name, vault) in said["vaults"]!.AsObject())
            {
                TokenAccount.From(await client.GetAccountInfoAsync(Key(vault)))!.Mint.ShouldBe(Key(said["mints"]![name.StartsWith("usdc", StringComparison.Ordinal) ? "usdc" : "hyper"]), name);
            }

            said["oracles"]!.AsArray().Select(Key).Distinct().Count().ShouldBe(5);
            var purse = AssociatedTokenAccountProgram.DeriveAssociatedTokenAccount(Key(said["wallet"]), Key(said["mints"]!["hyper"]));
            (await client.GetTokenAccountBalanceAsync(purse)).Amount.ShouldBe(7_000_000ul);
        }

        Ports.IsFree(rpc.Port).ShouldBeTrue();
    }

    private static Task<RunningLocalnet> StartAsync(CleanupGuard guard, int port) =>
        RunningLocalnet.StartAsync(Repository.Find(), new LocalnetPlan(port, null, 100, 7, false, false), guard, TimeProvider.System, static _ => { }, CancellationToken.None);

    private static PublicKey Key(JsonNode? node) => new(node!.GetValue<string>());
}
