namespace Hypernode.Solana.Tests.Localnet;

[Collection(LocalnetCollection.Name)]
[Trait("Needs", "localnet")]
public class SubscriptionStories(LocalnetFixture localnet)
{
    // A poll that nobody waits for in a test: who is told has been told by the subscription.
    private static readonly ConfirmationOptions Told = new() { PollInterval = TimeSpan.FromMilliseconds(50), SubscribedPollInterval = TimeSpan.FromMinutes(1), SubscriptionPatience = TimeSpan.FromSeconds(10) };

    [Fact]
    public async Task Who_subscribes_before_sending_misses_no_answer()
    {
        await using var socket = new SignatureSocket(localnet.Subscriptions);
        using var payer = await localnet.FundedAsync();
        var sender = new TransactionSender(localnet.Rpc, new ConfirmationTracker(localnet.Rpc, TimeProvider.System, Told, signals: socket));
        for (var i = 0; i < 5; i++)
        {
            (await sender.SendAsync([MemoProgram.NewMemo($"told {i}")], payer).WaitAsync(TimeSpan.FromSeconds(30))).ShouldHaveHappened();
        }
    }

    [Fact]
    public async Task What_happened_before_the_subscription_is_found_by_asking_once()
    {
        await using var socket = new SignatureSocket(localnet.Subscriptions);
        using var payer = await localnet.FundedAsync();
        var done = await localnet.Sender.SendAsync([MemoProgram.NewMemo("before")], payer);
        var tracker = new ConfirmationTracker(localnet.Rpc, TimeProvider.System, Told, signals: socket);
        (await tracker.AwaitAsync(done.Signature, ulong.MaxValue).WaitAsync(TimeSpan.FromSeconds(30))).ShouldHaveHappened();
    }

    [Fact]
    public async Task Without_anybody_who_tells_it_is_polled_for()
    {
        await using var socket = new SignatureSocket(new Uri("ws://127.0.0.1:1"));
        using var payer = await localnet.FundedAsync();
        var tracker = new ConfirmationTracker(localnet.Rpc, TimeProvider.System, Told with { SubscriptionPatience = TimeSpan.FromMilliseconds(50) }, signals: socket);
        (await new TransactionSender(localnet.Rpc, tracker).SendAsync([MemoProgram.NewMemo("polled")], payer).WaitAsync(TimeSpan.FromSeconds(30))).ShouldHaveHappened();
        socket.IsOpen.ShouldBeFalse();
    }
}
