using Hypernode.Contracts.Jobs;

namespace Hypernode.Client;

/// <summary>The job as the API reads it: what is absent here is absent there, so that both hash the same.</summary>
internal static class JobBody
{
    public static object Of(JobSpec job) => new
    {
        type = job.Type.ToString().ToLowerInvariant(),
        image = job.Image,
        limits = new
        {
            cpuMillis = job.Limits.CpuMillis,
            memoryMb = job.Limits.MemoryMb,
            gpus = job.Limits.Gpus,
            gpuVramMb = job.Limits.GpuVramMb,
            timeoutSeconds = job.Limits.TimeoutSeconds,
            outputMb = job.Limits.OutputMb,
        },
        estimatedTime = job.EstimatedTime,
        script = job.Script,
        cmd = job.Cmd,
        inputs = job.Inputs?.Select(i => new { name = i.Name, sha256 = i.Sha256.ToString(), bytes = i.Bytes, encrypted = i.Encrypted }),
        network = job.Network.ToString().ToLowerInvariant(),
        networkAllow = job.NetworkAllow,
        description = job.Description,
        nodes = job.Nodes?.Select(n => n.ToString()),
        encryption = job.Encryption is { } encryption ? new { resultKey = encryption.ResultKey.ToString() } : null,
    };
}
