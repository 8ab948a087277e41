namespace Hypernode.Contracts.Jobs;

/// <summary>A message about one attempt: the saga takes it only while that attempt is the current one (I3).</summary>
public interface IAttemptMessage : IJobMessage
{
    int Attempt { get; }
}
