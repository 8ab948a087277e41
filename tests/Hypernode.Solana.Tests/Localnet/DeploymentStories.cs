namespace Hypernode.Solana.Tests.Localnet;

[Collection(LocalnetCollection.Name)]
[Trait("Needs", "localnet")]
public class DeploymentStories(LocalnetFixture localnet)
{
    private static byte[] Program => File.ReadAllBytes(RepositoryFiles.At("programs/bin/facilitator.so"));

    [Fact]
    public async Task A_program_is_deployed_once_and_then_left_alone()
    {
        using var payer = await localnet.FundedAsync(100);
        using var authority = new Account();
        using var program = new Account();
        (await localnet.Deployer.DeployAsync(program, payer, authority, Program)).ShouldBe(DeployOutcome.Deployed);

        var balance = await localnet.Rpc.GetBalanceAsync(payer.PublicKey);
        (await localnet.Deployer.DeployAsync(program, payer, authority, Program)).ShouldBe(DeployOutcome.AlreadyThere);
        (await localnet.Rpc.GetBalanceAsync(payer.PublicKey)).ShouldBe(balance);

        var data = ProgramData.From(await localnet.Rpc.GetAccountInfoAsync(BpfLoaderUpgradeableProgram.DeriveProgramDataAddress(program.PublicKey)))!;
        data.UpgradeAuthority.ShouldBe(authority.PublicKey);
        data.Bytes.ShouldBe(Program);
    }

    [Fact]
    public async Task An_interrupted_deployment_goes_on_where_it_ended()
    {
        using var payer = await localnet.FundedAsync(100);
        using var program = new Account();
        using var interrupted = new CancellationTokenSource();
        using var first = new CountingHandler(afterSends: 12, interrupted.Cancel);
        using var firstHttp = new HttpClient(first);
        await Should.ThrowAsync<OperationCanceledException>(() =>
            localnet.Connect(firstHttp).Deployer.DeployAsync(program, payer, payer, Program, cancellation: interrupted.Token));

        using var second = new CountingHandler();
        using var secondHttp = new HttpClient(second);
        (await localnet.Connect(secondHttp).Deployer.DeployAsync(program, payer, payer, Program)).ShouldBe(DeployOutcome.Deployed);
        var chunks = (Program.Length + 899) / 900;
        second.Sends.ShouldBeLessThan(chunks, "what had been written is not written again");
    }

    [Fact]
    public async Task Only_the_upgrade_authority_replaces_a_program()
    {
        using var payer = await localnet.FundedAsync(100);
        using var stranger = await localnet.FundedAsync(100);
        using var program = new Account();
        await localnet.Deployer.DeployAsync(program, payer, payer, Program, maxDataLength: Program.Length + 64);
        // Bytes behind the last section are no part of what runs.
        byte[] other = [.. Program, 1, 2, 3];

        (await Should.ThrowAsync<DeploymentException>(() => localnet.Deployer.DeployAsync(program, stranger, stranger, other)))
            .Message.ShouldContain(payer.PublicKey.Key);
        (await Should.ThrowAsync<DeploymentException>(() => localnet.Deployer.DeployAsync(program, payer, payer, [.. other, .. new byte[100]])))
            .Message.ShouldContain("room");
        (await localnet.Deployer.DeployAsync(program, payer, payer, other)).ShouldBe(DeployOutcome.Upgraded);
        (await localnet.Deployer.DeployAsync(program, payer, payer, other)).ShouldBe(DeployOutcome.AlreadyThere);
    }

    private sealed class CountingHandler(int afterSends = int.MaxValue, Action? then = null) : DelegatingHandler(new SocketsHttpHandler())
    {
        private int sends;

        public int Sends => sends;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = await request.Content!.ReadAsStringAsync(cancellationToken);
            if (body.Contains("\"sendTransaction\"") && Interlocked.Increment(ref sends) == afterSends)
            {
                then?.Invoke();
            }

            return await base.SendAsync(request, cancellationToken);
        }
    }
}
