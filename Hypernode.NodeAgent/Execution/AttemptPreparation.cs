using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Images;
using Hypernode.NodeAgent.Leases;

namespace Hypernode.NodeAgent.Execution;

/// <summary>Everything that must hold before a container is made: each failure is a typed decline.</summary>
internal sealed class AttemptPreparation(AgentOptions options, IContainerEngine engine, IOutputFolders outputs, INodeBlobs blobs, ImageCache images)
{
    /// <summary>The least that the kernel's scheduler takes.</summary>
    private const int MinCpuMillis = 10;

    /// <summary>The least that engines take.</summary>
    private const int MinMemoryMb = 6;

    private const long MaxRunLimitMs = 7L * 24 * 60 * 60 * 1_000;

    /// <summary>Where an image may not put a volume of its own, nor below.</summary>
    private static readonly string[] ReservedPlaces = ["/in", "/out", "/proc", "/sys", "/dev"];

    public static bool IsOf(ContainerFound container, Lease lease) =>
        container.Labels.GetValueOrDefault(ContainerLabels.Job) == lease.JobId.ToString()
        && container.Labels.GetValueOrDefault(ContainerLabels.Attempt) == lease.Attempt.ToString();

    public async Task<ContainerPlan> PlanAsync(Lease lease, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var command = lease.Command;
        var spec = command.Spec;
        if (now.ToUnixTimeMilliseconds() > command.StartBy)
        {
            throw new DeclinedException("expired", "the command came too late to begin");
        }

        if (spec.Hash() != command.SpecHash)
        {
            throw new DeclinedException("inputs-unavailable", "the job is not the one whose hash was signed");
        }

        if ((spec.Script is null) == (spec.Cmd is null))
        {
            throw new DeclinedException("inputs-unavailable", "a job has either a script or a command");
        }

        RequireNetwork(spec);

        RequireSense(command);
        RequireCapacity(spec.Limits);
        RequireGpus(command);
        InputRoom.Require(spec, options, lease.Folder);
        var image = await ImageAsync(lease, now, cancellationToken);
        // The process runtime has no hard limits of any kind, and was wished for in so many words.
        if (!outputs.Hard && !options.AllowWatchedOutput && engine.Sandboxed)
        {
            throw new DeclinedException("engine-unavailable", "no hard quota for /out can be had on this machine (see AllowWatchedOutput)");
        }

        return new ContainerPlan(
            $"hypernode-{options.NodeId}-{command.JobId}-{command.Attempt}",
            image,
            spec.Script is not null,
            spec.Cmd ?? [],
            await InputFolder.PrepareAsync(lease.Folder, spec, blobs.Of(command, lease.Folder), cancellationToken),
            await outputs.PrepareAsync(lease.Folder, spec.Limits.OutputMb, cancellationToken),
            spec.Limits.CpuMillis,
            spec.Limits.MemoryMb,
            new Dictionary<string, string>
            {
                [ContainerLabels.Agent] = options.NodeId,
                [ContainerLabels.Job] = command.JobId.ToString(),
                [ContainerLabels.Attempt] = command.Attempt.ToString(),
            },
            command.GpuUuids ?? [],
            spec.Network);
    }

    /// <summary>What the operator does not allow is not given, whatever the control plane sends; nor is a list that the API would not have taken.</summary>
    private void RequireNetwork(JobSpec spec)
    {
        if (spec.Network != NetworkMode.None && !options.NetworkModes.Contains(spec.Network))
        {
            throw new DeclinedException("inputs-unavailable", $"this node does not give jobs the network {spec.Network}");
        }

        var targets = spec.NetworkAllow;
        if (spec.Network == NetworkMode.Allowlist != targets is not null
            || (targets is not null && (targets.Count is 0 or > NetworkTarget.MaxCount || !targets.All(t => NetworkTarget.TryParse(t, out _)))))
        {
            throw new DeclinedException("inputs-unavailable", "the job's list of what it may reach is none");
        }
    }

    /// <summary>To an engine zero means "no limit", and what is negative or huge means anything: whoever asks for that gets nothing.</summary>
    private static void RequireSense(ExecuteJob command)
    {
        var limits = command.Spec.Limits;
        var most = JobLimits.CapOf(JobType.Custom);
        if (limits.CpuMillis is < MinCpuMillis || limits.CpuMillis > most.CpuMillis || limits.MemoryMb is < MinMemoryMb || limits.MemoryMb > most.MemoryMb
            || limits.OutputMb < 0 || limits.OutputMb > most.OutputMb || limits.Gpus < 0)
        {
            throw new DeclinedException("no-capacity", "the job's limits are not ones that a container can have");
        }

        if (command.RunLimitMs is < 1 or > MaxRunLimitMs)
        {
            throw new DeclinedException("no-capacity", "the run limit is not one that a job can have");
        }
    }

    private void RequireCapacity(JobLimits limits)
    {
        if ((options.MaxCpuMillis > 0 && limits.CpuMillis > options.MaxCpuMillis) || (options.MaxMemoryMb > 0 && limits.MemoryMb > options.MaxMemoryMb))
        {
            throw new DeclinedException("no-capacity", "the job's limits are above what a slot of this node has");
        }
    }

    /// <summary>Exactly as many as the job asks for, each once, all our own: whatever else reached the engine could be another job's.</summary>
    private void RequireGpus(ExecuteJob command)
    {
        var (asked, given) = (command.Spec.Limits.Gpus, command.GpuUuids ?? []);
        if (asked > 0 && options.Gpus.Count == 0)
        {
            throw new DeclinedException("no-capacity", "this node has no GPU");
        }

        if (given.Count != asked || given.Distinct(StringComparer.Ordinal).Count() != asked)
        {
            throw new DeclinedException("no-capacity", $"the job asks for {asked} GPUs, and its command names {given.Distinct(StringComparer.Ordinal).Count()}");
        }

        if (given.FirstOrDefault(g => !options.Gpus.Contains(g)) is { } foreign)
        {
            throw new DeclinedException("no-capacity", $"{(foreign.Length <= 64 ? foreign : "a GPU")} is not one of this node's");
        }
    }

    private static bool IsPlainPlace(string volume) =>
        volume.StartsWith('/') && volume.Split('/')[1..].All(part => part is not ("" or "." or ".."))
        && !volume.Any(c => char.IsControl(c) || c is ':' or ',') && !ReservedPlaces.Any(p => volume == p || volume.StartsWith(p + "/", StringComparison.Ordinal));

    private async Task<ImageFound> ImageAsync(Lease lease, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var text = lease.Command.Spec.Image;
        if (!ImageReference.TryParse(text, out var reference))
        {
            throw new DeclinedException("image-unavailable", "the image is not given by its digest");
        }

        if (options.Images.Count > 0 && !options.Images.Contains(text))
        {
            throw new DeclinedException("image-unavailable", "the image is not one that this node runs");
        }

        var image = await images.TakeAsync(lease, reference, DateTimeOffset.FromUnixTimeMilliseconds(lease.Command.StartBy) - now, cancellationToken);
        return image.Volumes.All(IsPlainPlace) ? image : throw new DeclinedException("image-unavailable", "the image wants a volume in a place that is not its own");
    }
}
