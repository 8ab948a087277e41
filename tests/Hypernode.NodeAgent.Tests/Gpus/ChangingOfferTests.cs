using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests.Gpus;

/// <summary>
/// A node may register other slots and GPUs at any moment. The database then sees two different slots where there is one GPU; the agent
/// sees the GPU.
/// </summary>
public sealed class ChangingOfferTests : AgentTests
{
    private static readonly IReadOnlyList<GpuInfo> All = [.. Enumerable.Range(1, 4).Select(i => new GpuInfo($"GPU-0000000{i}-0000-4000-8000-000000000000", "x", 8_192))];

    [Theory]
    [InlineData(2)]
    public async Task No_GPU_is_ever_in_two_containers_whatever_is_registered_while_jobs_run(int seed)
    {
        var random = new Random(seed);
        var market = new OneNodeMarket(Kit, Offer(4, All), Time);
        await using var agent = await StartAsync(o =>
        {
            o.Slots = 4;
            All.ToList().ForEach(g => o.Gpus.Add(g.Uuid));
        });
        var (seen, refused) = (0, 0);
        for (var step = 0; step < 300 && refused < 4; step++)
        {
            switch (random.Next(8))
            {
                case 0 or 1:
                    market.Offer = Offer(random.Next(2, 5), [.. All.OrderBy(_ => random.Next()).Take(random.Next(2, 5))]);
                    break;
                case 2 when Running().ToList() is { Count: > 0 } running:
                    Engine.End(running[random.Next(running.Count)]);
                    break;
                default:
                    if (await market.LeaseAsync(Spec(random.Next(1, 3))) is { } command)
                    {
                        Kit.Link.Command(command);
                    }

                    break;
            }

            await Time.PassAsync(TimeSpan.FromMilliseconds(200));
            Running().SelectMany(c => c.Plan.GpuUuids!).ShouldBeUnique();
            foreach (var outcome in Kit.Link.Received.Where(m => m is AttemptReported or AttemptDeclined).Skip(seen).ToList())
            {
                seen++;
                refused += outcome is AttemptDeclined { Reason: "no-capacity" } ? 1 : 0;
                market.Release((outcome as AttemptReported)?.Receipt.JobId ?? ((AttemptDeclined)outcome).JobId);
            }
        }

        refused.ShouldBeGreaterThanOrEqualTo(4, "else no new offer ever met a running job, and this proves nothing");
    }

    private IEnumerable<FakeEngine.Container> Running() => Engine.All.Where(c => c.State.Status == ContainerStatus.Running);

    private static JobSpec Spec(int gpus) =>
        new(JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64, gpus), 5, Script: "true");

    private static NodeOffer Offer(int slots, IReadOnlyList<GpuInfo> gpus) => new(slots, 1_000, 64, new HyperAmount(1), gpus, []);
}
