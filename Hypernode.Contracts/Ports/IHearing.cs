namespace Hypernode.Contracts.Ports;

/// <summary>Whether nodes can be heard by this process. Of what they did not say meanwhile nobody may make anything.</summary>
public interface IHearing
{
    /// <summary>Null: nobody can be heard now.</summary>
    DateTimeOffset? UpSince { get; }
}
