namespace Hypernode.Contracts.Jobs;

/// <summary>White paper §5.4.</summary>
public enum JobType
{
    Inference,
    Training,
    Rendering,
    Custom,
}
