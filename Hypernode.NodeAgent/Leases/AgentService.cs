using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Hardware;
using Hypernode.NodeAgent.Images;
using Hypernode.NodeAgent.Network;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Leases;

/// <summary>
/// One agent: takes commands, runs attempts, beats, reports. It may die at any moment; started again on the same data folder it
/// adopts what still runs and delivers what was not confirmed. Stopping it leaves its containers running for the same reason.
/// </summary>
public sealed class AgentService : IHostedService, IAsyncDisposable
{
    /// <summary>Beside the slots: attempts that wait for one, or whose outcome is on its way.</summary>
    private const int MaxWaiting = 256;

    private static readonly TimeSpan CleanUpPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CrowdPause = TimeSpan.FromMilliseconds(500);

    private readonly AgentOptions _options;
    private readonly IAgentLink _link;
    private readonly IContainerEngine _engine;
    private readonly IOutputFolders _outputs;
    private readonly ImageCache _images;
    private readonly JobNetworks _networks;
    private readonly TimeProvider _time;
    private readonly ILogger<AgentService> _logger;
    private readonly NodeId _node;
    private readonly AgentJournal _journal;
    private readonly VramWatch _vram;
    private readonly AttemptRunner _runner;
    private readonly BeatLoop _beats;
    private readonly LeftOvers _leftOvers;
    private readonly Lock _gate = new();
    private readonly List<Lease> _leases = [];
    private readonly List<Task> _loops = [];
    private readonly CancellationTokenSource _down = new();
    private bool _disposed;

    /// <param name="gpus">Null: the GPUs' memory is not watched.</param>
    /// <param name="egress">How jobs with a network reach it; null: as the options say.</param>
    /// <exception cref="IOException">Another agent has the data folder.</exception>
    public AgentService(
        AgentOptions options,
        IAgentLink link,
        IContainerEngine engine,
        IOutputFolders outputs,
        INodeBlobs blobs,
        INodeSigner signer,
        TimeProvider time,
        ILogger<AgentService> logger,
        IGpuMonitor? gpus = null,
        IEgress? egress = null)
    {
        _options = options;
        _link = link;
        _engine = engine;
        _outputs = outputs;
        _images = ImageCache.Of(options, engine, time, logger);
        _networks = JobNetworks.Of(options, engine, egress, time, logger);
        _time = time;
        _logger = logger;
        _node = options.Node;
        Directory.CreateDirectory(AttemptsFolder);
        _journal = AgentJournal.Open(Path.Combine(options.DataFolder, "journal.jsonl"), time);
        var receipts = options.Behaviour == AgentBehaviour.SimulatedLiar ? new SimulatedLiar(_node, signer) : new ReceiptWriter(_node, signer);
        _vram = new VramWatch(options, gpus, time, logger);
        _runner = new AttemptRunner(options, engine, outputs, new EncryptedBlobs(blobs, signer), _journal, receipts, _vram, _networks, _images, time, logger);
        _beats = new BeatLoop(link, CurrentBeat, () => HoldsLease, time, logger);
        _leftOvers = new LeftOvers(engine, outputs, options.NodeId, AttemptsFolder, IsOpen, _gate, time, logger);
    }

    /// <summary>Attempts whose outcome is not yet confirmed.</summary>
    public int OpenAttempts
    {
        get
        {
            lock (_gate)
            {
                return _leases.Count;
            }
        }
    }

    private string AttemptsFolder => Path.Combine(_options.DataFolder, "attempts");

    private bool HoldsLease => OpenAttempts > 0;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        Warn();
        lock (_gate)
        {
            foreach (var entry in _journal.Unconfirmed())
            {
                Begin(entry, resumed: true);
            }

            GiveSlots();
        }

        // From the pool: a link or an engine that answers in the same breath must not run on the caller's thread.
        _loops.Add(Task.Run(() => _beats.RunAsync(_down.Token), CancellationToken.None));
        _loops.Add(Task.Run(() => LifeAsync("listening", () => _link.ListenAsync(HandleAsync, _down.Token)), CancellationToken.None));
        _loops.Add(Task.Run(() => LifeAsync("looking at the GPUs", () => _vram.LookAsync(_down.Token)), CancellationToken.None));
        _loops.Add(Task.Run(() => LifeAsync("tidying", () => _leftOvers.RunAsync(_down.Token)), CancellationToken.None));
        _loops.Add(Task.Run(() => LifeAsync("pulling ahead", () => _images.PrefetchAsync(_down.Token)), CancellationToken.None));
        return Task.CompletedTask;
    }

    /// <summary>
    /// Ends the agent, not its jobs: containers that run go on, and the next start adopts them. Those that have ended are removed
    /// first, as far as that takes no longer than a moment.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task[] cleaning;
        lock (_gate)
        {
            cleaning = [.. _leases.Where(l => l.Ended).Select(l => l.Cleaned)];
        }

        await Task.WhenAny(Task.WhenAll(cleaning), Task.Delay(CleanUpPatience, _time, cancellationToken));
        if (_options.EndJobsAtStop)
        {
            await SimulateMachineDeath(cancellationToken);
        }

        await SimulateCrash();
    }

    /// <summary>
    /// Drops the agent as a crash would: every loop ends at once, nothing more is sent, journal and containers stay as they are.
    /// Returns when its files are closed, so that another agent may open them.
    /// </summary>
    public async Task SimulateCrash()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _down.CancelAsync();
        Task[] running;
        lock (_gate)
        {
            running = [.. _loops, .. _leases.Select(l => l.Running)];
        }

        await Task.WhenAll(running);
        await _networks.DropAsync();
        _images.Dispose();
        lock (_gate)
        {
            _leases.ForEach(l => l.Dispose());
        }

        _journal.Dispose();
    }

    /// <summary>
    /// SIMULATION of a machine that dies: the agent is dropped as by <see cref="SimulateCrash"/>, its containers are killed and its
    /// mounts are gone. The journal stays, as a disk would.
    /// </summary>
    public async Task SimulateMachineDeath(CancellationToken cancellationToken)
    {
        await SimulateCrash();
        foreach (var container in await _engine.ListAsync(ContainerLabels.Agent, _options.NodeId, cancellationToken))
        {
            await _engine.RemoveAsync(container.Id, cancellationToken);
        }

        foreach (var folder in Directory.EnumerateDirectories(AttemptsFolder))
        {
            await _outputs.ReleaseAsync(folder, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await SimulateCrash();
        _down.Dispose();
    }

    /// <summary>A command: when this returns it is on disk, and the link acknowledges it.</summary>
    internal async Task HandleAsync(NodeCommand command, CancellationToken cancellationToken)
    {
        // Whoever sends more than can ever begin waits at the broker, not in our memory and files.
        while (command is ExecuteJob { JobId: var job } && OpenAttempts >= _options.Slots + MaxWaiting && _journal.Find(job) is null)
        {
            await Task.Delay(CrowdPause, _time, cancellationToken);
        }

        lock (_gate)
        {
            _down.Token.ThrowIfCancellationRequested();
            switch (command)
            {
                case ExecuteJob execute when execute.NodeId == _node:
                    Execute(execute);
                    break;
                case StopJob stop when stop.NodeId == _node:
                    Stop(stop);
                    break;
                default:
                    _logger.LogError("a {Command} that is not for this node is dropped", command.GetType().Name);
                    break;
            }
        }
    }

    private void Execute(ExecuteJob command)
    {
        var known = _journal.Find(command.JobId);
        if (known is not null && command.Attempt < known.Attempt)
        {
            _logger.LogWarning("{Job} attempt {Attempt} is refused: attempt {Latest} is known", command.JobId, command.Attempt, known.Attempt);
            return;
        }

        if (known is not null && command.Attempt == known.Attempt)
        {
            // A repeat. What runs goes on; what has an outcome is answered again; what was stopped first never starts.
            if (known.Outcome is not null && !_leases.Any(l => l.JobId == command.JobId && l.Attempt == command.Attempt))
            {
                Begin(known, resumed: true);
            }

            return;
        }

        foreach (var older in _leases.Where(l => l.JobId == command.JobId))
        {
            older.Stop();
        }

        Begin(_journal.Accept(command), resumed: false);
        GiveSlots();
    }

    private void Stop(StopJob command)
    {
        var known = _journal.Find(command.JobId);
        if (known is null || known.Attempt < command.Attempt || known is { StopRequested: false, Outcome: null } && known.Attempt == command.Attempt)
        {
            _journal.Stop(command.JobId, command.Attempt);
        }

        foreach (var lease in _leases.Where(l => l.JobId == command.JobId && l.Attempt <= command.Attempt))
        {
            _logger.LogInformation("{Job} attempt {Attempt} is stopped: {Reason}", lease.JobId, lease.Attempt, command.Reason);
            lease.Stop();
        }
    }

    /// <summary>Under the gate: the lease is known before anything of it can happen.</summary>
    private void Begin(JournalEntry entry, bool resumed)
    {
        var folder = FolderOf(entry.JobId, entry.Attempt);
        Directory.CreateDirectory(folder);
        var log = LogChain.Open(folder, entry.JobId, entry.Attempt, _time);
        var mail = new AttemptMail(log, _link, _time, _logger);
        log.Appended = mail.Wake;
        var lease = new Lease(entry.Command!, folder, log, mail) { Ended = entry.Outcome is not null, Beating = entry.Outcome is AttemptReported };
        if (lease.Ended)
        {
            lease.FreeSlot();
        }
        else if (entry.Container is not null)
        {
            // It runs already, whatever may wait before it.
            lease.GiveSlot();
        }

        if (entry.StopRequested)
        {
            lease.Stop();
        }

        _leases.Add(lease);
        lease.Running = Task.Run(() => LifeAsync($"{lease.JobId} attempt {lease.Attempt}", () => LiveAsync(lease, entry.Outcome, resumed)));
    }

    /// <summary>Under the gate: free slots go to those that wait, in the order in which they came; one whose GPUs are held waits on.</summary>
    private void GiveSlots()
    {
        var free = _options.Slots - _leases.Count(l => l.HoldsSlot);
        foreach (var next in _leases.Where(l => l.WaitsForSlot).ToList())
        {
            var holder = _leases.Find(l => l.HoldsSlot && l.Gpus.Intersect(next.Gpus, StringComparer.Ordinal).Any());
            if (holder is { Beating: true, Ended: false } && !holder.StopRequested.IsCancellationRequested)
            {
                // It runs, and the control plane has not been told otherwise: two slots of two offers name one GPU.
                next.RefuseSlot($"a GPU of this attempt is held by {holder.JobId} attempt {holder.Attempt}");
            }
            else if (holder is null && free > 0)
            {
                free--;
                next.GiveSlot();
            }
        }
    }

    private async Task LiveAsync(Lease lease, NodeMessage? outcome, bool resumed)
    {
        using var scope = _logger.BeginScope(new Dictionary<string, object> { ["Job"] = lease.JobId, ["Attempt"] = lease.Attempt });
        await Task.WhenAll(lease.Mail.RunAsync(_down.Token), WorkAsync(lease, outcome, resumed));
        lease.Dispose();
        var gone = false;
        try
        {
            gone = await _leftOvers.DeleteAsync(lease.Folder, _down.Token);
        }
        finally
        {
            lock (_gate)
            {
                _leases.Remove(lease);
            }
        }

        if (!gone)
        {
            _leftOvers.Look();
        }
    }

    private async Task WorkAsync(Lease lease, NodeMessage? outcome, bool resumed)
    {
        if (outcome is null)
        {
            try
            {
                await _runner.RunAsync(lease, resumed, _beats.Now, () => EndBeat(lease), _down.Token);
            }
            finally
            {
                lock (_gate)
                {
                    lease.FreeSlot();
                    if (!_down.IsCancellationRequested)
                    {
                        GiveSlots();
                    }
                }
            }

            return;
        }

        lease.Mail.PostLast(
            outcome is AttemptReported ? [() => EndBeat(lease), () => outcome] : [() => outcome],
            () => _journal.Confirm(lease.JobId, lease.Attempt));
    }

    private Beat CurrentBeat() => BeatOf(null);

    private Beat EndBeat(Lease ended) => BeatOf(ended);

    private Beat BeatOf(Lease? ended)
    {
        lock (_gate)
        {
            var named = _leases.Where(l => l == ended || l.Beating);
            return new Beat(
                _time.GetUtcNow().ToUnixTimeMilliseconds(),
                [.. named.Select(l => new LeaseBeat(l.JobId, l.Attempt, l.Log.Count, Ended: l == ended || l.Ended))]);
        }
    }

    private bool IsOpen(Func<Lease, bool> matches)
    {
        lock (_gate)
        {
            return _leases.Any(matches);
        }
    }

    /// <summary>The outermost catch of a loop: being dropped is its ordinary end, anything else must not take the others along.</summary>
    private async Task LifeAsync(string what, Func<Task> live)
    {
        try
        {
            await live();
        }
        catch (Exception) when (_down.IsCancellationRequested)
        {
            // Dropped: what the engine or the link still threw does not matter any more.
        }
        catch (Exception e)
        {
            _logger.LogCritical(e, "{What} has failed", what);
        }
    }

    private string FolderOf(JobId job, int attempt) => Path.Combine(AttemptsFolder, $"{job}-{attempt}");

    private void Warn()
    {
        if (!_engine.Sandboxed)
        {
            _logger.LogWarning("UNSANDBOXED: jobs run as plain processes of this machine");
        }

        if (!_outputs.Hard)
        {
            _logger.LogWarning("no hard quota for /out on this machine: its size is only watched");
        }

        if (_options.Behaviour == AgentBehaviour.SimulatedLiar)
        {
            _logger.LogWarning("SIMULATED LIAR: this agent signs false receipts, on purpose");
        }
    }
}
