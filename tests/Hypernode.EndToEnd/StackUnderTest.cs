using System.Diagnostics;
using System.Globalization;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Cli.Stack;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Solana;

namespace Hypernode.EndToEnd;

/// <summary>The services stack with a payer beside it, whose parts can be killed, stopped and started again.</summary>
internal sealed class StackUnderTest : IAsyncDisposable
{
    public static readonly HyperAmount Amount = new(1_000_000);

    private readonly CleanupGuard _guard;
    private readonly HttpClient _http = new();
    private readonly Account _payer;

    private StackUnderTest(CleanupGuard guard, string data, ServicesStack stack)
    {
        (_guard, Data, Stack) = (guard, data, stack);
        Api = new ApiClient(stack.Ready.Url);
        _payer = KeyFile.Load(Path.Combine(data, "keys", "payer.json"));
    }

    public string Data { get; }

    public ServicesStack Stack { get; }

    public ApiClient Api { get; }

    /// <param name="jobs">As many as will be paid for.</param>
    public static async Task<StackUnderTest> StartAsync(int jobs, WorkflowWindows windows, params IReadOnlyList<AgentPlan> agents)
    {
        var repository = Repository.Find();
        var guard = CleanupGuard.Start(repository);
        var data = Directory.CreateTempSubdirectory("hypernode-outage-").FullName;
        guard.Announce($"forget {Shell.Quote(data)} && rm -rf {Shell.Quote(data)}");
        var plan = new StackPlan(data, Services: true, JobRuntime.Docker, windows, IntentLifetimeSeconds: null, agents, SlotMs: 200, Throwaway: true);
        var stack = await ServicesStack.StartAsync(repository, plan, guard, TimeProvider.System, static _ => { }, CancellationToken.None);
        var opened = new StackUnderTest(guard, data, stack);
        await opened.EnlistAsync(repository, jobs);
        return opened;
    }

    /// <summary>One after the other, in the payer's name.</summary>
    public async Task<string> SubmitAsync(string script, int timeoutSeconds, int memoryMb = 32, int cpuMillis = 100)
    {
        var spec = new JobSpec(JobType.Custom, Stack.Image, new JobLimits(cpuMillis, memoryMb, OutputMb: 4, TimeoutSeconds: timeoutSeconds), EstimatedTime: Math.Min(timeoutSeconds, 60), Script: script);
        var prepared = await Api.PrepareAsync(_payer.PublicKey, Amount, spec, CancellationToken.None);
        await Api.SubmitAsync(prepared, spec, Agreement.By(_payer, prepared, Funding.Intent), CancellationToken.None);
        return prepared.PaymentIntent.JobId;
    }

    public async Task<JobAnswer> WaitAsync(string job, Func<JobAnswer, bool> until, int seconds = 90)
    {
        var watch = Stopwatch.StartNew();
        JobAnswer? last = null;
        while (true)
        {
            try
            {
                last = await Api.JobAsync(job, CancellationToken.None);
                if (until(last))
                {
                    return last;
                }
            }
            catch (Exception e) when (e is HttpRequestException or RefusedException { Status: >= 500 })
            {
                // The control plane is away, or its database is.
            }

            if (watch.Elapsed.TotalSeconds > seconds)
            {
                throw new TimeoutException($"{job} after {seconds} s: {last?.State} attempt {last?.Attempt}; {string.Join(", ", (last?.Transitions ?? []).Select(t => $"{t.State} ({t.Cause})"))}");
            }

            await Task.Delay(100);
        }
    }

    public Task<JobAnswer> EndAsync(string job, int seconds = 90) => WaitAsync(job, j => JobStateNames.IsTerminal(j.State), seconds);

    public Task<JobAnswer> RunningAsync(string job, int attempt = 1) =>
        WaitAsync(job, j => j.State == JobStateNames.Executing && j.Attempt == attempt);

    /// <summary>kill -9.</summary>
    public Task KillBrokerAsync() => KillAsync("rabbitmq/pid");

    /// <summary>kill -9.</summary>
    public Task KillDatabaseAsync() => KillAsync("postgres/data/postmaster.pid");

    /// <param name="name">STOP or CONT, say.</param>
    public static async Task SignalAsync(int process, string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Api.Dispose();
        _http.Dispose();
        _payer.Dispose();
        await Stack.DisposeAsync();
        await _guard.DisposeAsync();
    }

    private async Task EnlistAsync(Repository repository, int jobs)
    {
        await Api.SignInAsync(_payer, CancellationToken.None);
        await Stack.EnlistAsync(Api, CancellationToken.None);
        using var program = KeyFile.Load(Path.Combine(repository.Root, "programs", "keys", "facilitator-keypair.json"));
        var chain = new ChainView(new RpcClient(_http, new Uri(Stack.Ready.Rpc)), program.PublicKey, Stack.Ready.Network);
        await chain.ApproveAllowanceAsync(_payer, Amount.BaseUnits * (ulong)jobs, TimeProvider.System, CancellationToken.None);
        var watch = Stopwatch.StartNew();
        foreach (var agent in Stack.Agents)
        {
            while ((await Api.NodeAsync(agent.Id.ToString(), CancellationToken.None)).LastSeenAt is null)
            {
                if (watch.Elapsed > TimeSpan.FromMinutes(1))
                {
                    throw new TimeoutException($"{agent.Plan.Name} gave no sign of life");
                }

                await Task.Delay(100);
            }
        }
    }

    private async Task KillAsync(string pidFile)
    {
        var folder = (await File.ReadAllTextAsync(Path.Combine(Data, "services.folder"))).Trim();
        var pid = File.ReadLines(Path.Combine(folder, pidFile)).First().Trim();
        await SignalAsync(int.Parse(pid, CultureInfo.InvariantCulture), "KILL");
        var watch = Stopwatch.StartNew();
        while (Directory.Exists($"/proc/{pid}") && watch.Elapsed < TimeSpan.FromSeconds(20))
        {
            await Task.Delay(20);
        }
    }
}
