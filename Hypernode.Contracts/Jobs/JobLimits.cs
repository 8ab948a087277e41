namespace Hypernode.Contracts.Jobs;

/// <summary>What a job may use. Every field is a hard limit of its container.</summary>
/// <param name="CpuMillis">Thousandths of a core.</param>
/// <param name="MemoryMb">MiB of memory; swap is the same, so none.</param>
/// <param name="Gpus">Whole GPUs.</param>
/// <param name="GpuVramMb">MiB each GPU must have.</param>
/// <param name="TimeoutSeconds">The run limit asked for; null: 1.5 × the estimate, at most the type's cap.</param>
/// <param name="OutputMb">MiB of regular files in /out.</param>
public sealed record JobLimits(
    int CpuMillis,
    int MemoryMb,
    int Gpus = 0,
    int GpuVramMb = 0,
    int? TimeoutSeconds = null,
    int OutputMb = 64)
{
    /// <summary>White paper §5.4: the most that each type may have. Custom is bounded by what nodes sell.</summary>
    public static JobLimits CapOf(JobType type) => type switch
    {
        JobType.Inference => new(2_000, 8_192, 1, 8_192, 300, 1_024),
        JobType.Training => new(8_000, 32_768, 8, 24_576, 7_200, 16_384),
        JobType.Rendering => new(4_000, 16_384, 4, 12_288, 1_800, 16_384),
        _ => new(64_000, 262_144, 8, 98_304, 86_400, 65_536),
    };
}
