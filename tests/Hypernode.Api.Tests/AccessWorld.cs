using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests;

/// <summary>One host, and the five who may ask it for something: Alice's job runs on Alice's node.</summary>
public sealed class AccessWorld : IAsyncLifetime
{
    public static readonly NodeId NodeId = NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");
    public static readonly NodeId OtherNodeId = NodeId.Parse("1f8fad5b-d9cb-469f-a165-70867728950e");

    private static readonly TestWallet Operator = new(4);
    private static readonly TestWallet OtherNode = new(5);

    public ApiHost Host { get; private set; } = null!;

    /// <summary>By the column of the table.</summary>
    public IReadOnlyDictionary<string, HttpClient> Callers { get; private set; } = null!;

    /// <summary>A registered node that the job was never given to.</summary>
    public HttpClient AnotherNode { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Host = await ApiHost.StartAsync(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Hypernode:Api:Operators:0"] = Operator.Address.ToString(),
        });
        Register(NodeId, TestWallet.Node);
        Register(OtherNodeId, OtherNode);
        Callers = new Dictionary<string, HttpClient>(StringComparer.Ordinal)
        {
            ["anonymous"] = Host.Anonymous,
            ["other"] = await Host.SignInAsync(TestWallet.Bob),
            ["owner"] = await Host.SignInAsync(TestWallet.Alice),
            ["node"] = await Host.SignInAsync(TestWallet.Node),
            ["operator"] = await Host.SignInAsync(Operator),
        };
        AnotherNode = await Host.SignInAsync(OtherNode);
    }

    public async Task<JobId> RunningJobAsync()
    {
        var job = JobId.Parse(await Bodies.SubmittedJobAsync(Host, TestWallet.Alice));
        Host.Jobs.Move(job, JobStateNames.Executing, j => j with { AssignedNode = NodeId, Attempt = 1 });
        Host.Nodes.Leases[(job, 1)] = new LeaseView(job, 1, NodeId, 0, Hash256.Zero, new HyperAmount(1), Host.Clock.Now, null, null, Live: true);
        return job;
    }

    public async Task DisposeAsync() => await Host.DisposeAsync();

    private void Register(NodeId id, TestWallet key) => Host.Nodes.All[id] = new NodeView(
        id, key.Address, TestWallet.Alice.Address, "gpu-1", NodeStatus.Active, new NodeOffer(1, 2_000, 4_096, new HyperAmount(1_000), [], []), 1, 0, default, Host.Clock.Now, Host.Clock.Now);
}
