namespace Hypernode.Contracts.Jobs;

/// <summary>A message about one job: the saga's correlation.</summary>
public interface IJobMessage
{
    JobId JobId { get; }
}
