using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using Hypernode.Sagas.Engine;
using Hypernode.Simulation.Faults;
using Hypernode.Simulation.Kernel;

namespace Hypernode.Simulation.World;

/// <summary>
/// One host as the world sees it: alive or dead. A dead one's calls are never answered and its clock and its scheduler stand
/// still, so nothing of it runs on; who starts it again makes new parts with <see cref="HostParts"/>.
/// </summary>
internal sealed class SimHost : IEngineScheduler, IIdSource
{
    private readonly Universe _universe;
    private long _life;

    public SimHost(Universe universe, int index, HostRoles roles)
    {
        (_universe, Index, Roles) = (universe, index, roles);
        Clock = NewClock();
    }

    public int Index { get; }

    public HostRoles Roles { get; }

    public bool Alive { get; private set; }

    /// <summary>Rises with every start and every crash.</summary>
    public long Life => _life;

    public string Name => $"host-{Index}/{_life}";

    public HostClock Clock { get; private set; }

    public HostParts Parts { get; private set; } = null!;

    public void Start()
    {
        if (Alive)
        {
            throw new HarnessException($"{Name} runs already");
        }

        _life++;
        Alive = true;
        var offset = Clock.Offset;
        Clock = NewClock();
        Clock.Offset = offset;
        _universe.Trace.Add("host start", detail: Index);
        Parts = HostParts.Compose(_universe, this);
        Parts.Begin();
    }

    /// <summary>kill -9: memory is gone, whatever was on its way to somebody else may still arrive there.</summary>
    public void Crash(string why)
    {
        if (!Alive)
        {
            return;
        }

        _universe.Trace.Add("host crash", detail: Index, more: why);
        Alive = false;
        _life++;
        _universe.Broker.Disconnect(this);
        _universe.Loop.After(_universe.Random.Seconds(0.2, 12), () =>
        {
            if (!Alive)
            {
                Start();
            }
        });
    }

    /// <summary>Runs later, if this life of the host still goes on then.</summary>
    public void Later(TimeSpan delay, Action action)
    {
        var life = _life;
        _universe.Loop.After(delay, () =>
        {
            if (life == _life)
            {
                action();
            }
        });
    }

    /// <summary>
    /// A request over the wire: it takes time to get there, happens there (or not, when the caller died first: half and half), and
    /// takes time to come back. A caller that has died meanwhile never hears of it.
    /// </summary>
    /// <param name="beforeAnswer">May spoil the answer, or end the host, in the last moment.</param>
    public Task<T> CallAsync<T>(Func<T> there, double low, double high, Func<Exception?>? beforeAnswer = null)
    {
        _universe.Loop.AssertThread();
        var answer = new TaskCompletionSource<T>();
        var life = _life;
        _universe.Loop.After(_universe.Random.Latency(low, high), () =>
        {
            if (life != _life && _universe.Random.Chance(0.5))
            {
                return;
            }

            T result = default!;
            Exception? failure = null;
            try
            {
                result = there();
            }
            catch (Exception e) when (e is not HarnessException)
            {
                failure = e;
            }

            _universe.Loop.After(_universe.Random.Latency(low, high), () =>
            {
                if (life == _life && beforeAnswer?.Invoke() is { } late)
                {
                    failure = late;
                }

                // The hook may have been the end of this host.
                if (life != _life)
                {
                    return;
                }

                if (failure is null)
                {
                    answer.SetResult(result);
                }
                else
                {
                    answer.SetException(failure);
                }
            });
        });
        return answer.Task;
    }

    public Task PauseAsync(TimeSpan delay)
    {
        var done = new TaskCompletionSource();
        Later(delay, done.SetResult);
        return done.Task;
    }

    public void Run(Func<Task> work) => Later(TimeSpan.FromTicks(_universe.Random.Below(2_000)), () => Watch(work()));

    public TaskCompletionSource<T> NewCompletion<T>() => new();

    public Guid NewId() => _universe.Random.NextGuid();

    public Hash256 NewSecret() => Hash256.FromBytes(_universe.Random.NextBytes(32));

    /// <summary>Work that nobody waits for must handle its own failures.</summary>
    public async void Watch(Task work)
    {
        try
        {
            await work;
        }
        catch (Exception e)
        {
            _universe.Audit.Violate("unhandled", null, $"work that nobody waits for failed: {e.GetType().Name}: {e.Message}");
        }
    }

    private HostClock NewClock()
    {
        var life = _life;
        return new HostClock(_universe.Loop, () => life == _life);
    }
}

/// <summary>What a host does; placement follows from it.</summary>
[Flags]
internal enum HostRoles
{
    None = 0,
    Sagas = 1,
    Workers = 2,
    Both = Sagas | Workers,
}
