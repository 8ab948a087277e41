using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Leases;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

public sealed class AttemptMailTests
{
    [Fact]
    public async Task An_outcome_whose_delivery_could_not_be_written_down_is_sent_again_until_it_was()
    {
        var time = new FakeTime();
        var link = new FakeLink();
        var mail = new AttemptMail(null, link, time, NullLogger.Instance);
        var fails = 3;
        mail.Post(
            () => new AttemptDeclined(new JobId(TestKit.NewId()), 1, "expired", ""),
            () =>
            {
                if (fails-- > 0)
                {
                    throw new IOException("the disk is full");
                }
            },
            last: true);
        var running = mail.RunAsync(default);
        await time.AdvanceUntilAsync(() => running.IsCompleted, TimeSpan.FromSeconds(5));
        await running;

        link.Received.Count.ShouldBe(4);
    }
}
