using Hypernode.NodeAgent.Hardware;
using Hypernode.NodeAgent.Leases;
using Microsoft.Extensions.Logging;

namespace Hypernode.NodeAgent.Execution;

/// <summary>
/// GPU memory is watched, not promised: no container has a limit of it. A job on more than it asked for harms nobody, as its GPU
/// is its own, so it is told and goes on. Memory that is in use before a job begins is the node's trouble: the job is declined.
/// </summary>
/// <param name="monitor">Null: nothing can be read on this machine.</param>
internal sealed class VramWatch(AgentOptions options, IGpuMonitor? monitor, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>The driver frees the memory of a process a moment after its end.</summary>
    private static readonly TimeSpan FreeingPatience = TimeSpan.FromSeconds(10);

    private int _blind;

    /// <summary>Says at the agent's start what it sells, and what of it the driver does not know.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        if (options.Gpus.Count == 0 || await ReadAsync(cancellationToken) is not { } readings)
        {
            return;
        }

        foreach (var gpu in options.Gpus)
        {
            if (readings.FirstOrDefault(r => r.Uuid == gpu) is { } reading)
            {
                logger.LogInformation("{Gpu} is for jobs; {Used} MiB of its memory are in use", gpu, reading.UsedMb);
            }
            else
            {
                logger.LogWarning("{Gpu} is for jobs, but the driver does not name it: its jobs are declined", gpu);
            }
        }
    }

    /// <exception cref="DeclinedException">One of the GPUs is gone, or somebody else is on it.</exception>
    public async Task RequireFreeAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (lease.Gpus.Count == 0)
        {
            return;
        }

        var startBy = DateTimeOffset.FromUnixTimeMilliseconds(lease.Command.StartBy);
        var patience = time.GetUtcNow() + FreeingPatience is var soon && soon < startBy ? soon : startBy;
        while (await ReadAsync(cancellationToken) is { } readings && Trouble(lease, readings) is { } trouble)
        {
            if (time.GetUtcNow() >= patience || lease.StopRequested.IsCancellationRequested)
            {
                throw new DeclinedException("no-capacity", trouble);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>The most MiB seen in use on one of the attempt's GPUs until <paramref name="over"/>; 0 when nothing could be read.</summary>
    public async Task<int> FollowAsync(Lease lease, CancellationToken over)
    {
        if (lease.Gpus.Count == 0)
        {
            return 0;
        }

        var (peak, asked) = (0, lease.Command.Spec.Limits.GpuVramMb);
        try
        {
            while (true)
            {
                foreach (var reading in (await ReadAsync(over) ?? []).Where(r => lease.Gpus.Contains(r.Uuid, StringComparer.Ordinal)))
                {
                    if (asked > 0 && peak <= asked && reading.UsedMb > asked)
                    {
                        lease.Log.Say($"{reading.UsedMb} MiB of GPU memory are in use, {asked} MiB were asked for: the GPU is the job's own, so it goes on");
                    }

                    peak = Math.Max(peak, reading.UsedMb);
                }

                await Task.Delay(Pause, time, over);
            }
        }
        catch (OperationCanceledException)
        {
            return peak;
        }
    }

    private string? Trouble(Lease lease, IReadOnlyList<GpuReading> readings)
    {
        foreach (var gpu in lease.Gpus)
        {
            if (readings.FirstOrDefault(r => r.Uuid == gpu) is not { } reading)
            {
                return $"the driver does not name {gpu} any more";
            }

            if (reading.UsedMb > options.GpuIdleVramMb)
            {
                return $"{reading.UsedMb} MiB of {gpu} are in use by something else";
            }
        }

        return null;
    }

    /// <summary>Null: it can't be read, which is said once, and no reason to end or to refuse what runs.</summary>
    private async Task<IReadOnlyList<GpuReading>?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var readings = await (monitor ?? throw new GpuUnreadableException("no way to ask the driver")).ReadAsync(cancellationToken);
            if (Interlocked.Exchange(ref _blind, 0) == 1)
            {
                logger.LogInformation("GPU memory is watched again");
            }

            return readings;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (Interlocked.Exchange(ref _blind, 1) == 0)
            {
                logger.LogWarning("GPU memory is not watched for now: {Reason}", e.Message);
            }

            return null;
        }
    }
}
