using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Ports;

/// <summary>Where ids and fresh secrets come from, so that a run can be repeated.</summary>
public interface IIdSource
{
    Guid NewId();

    /// <summary>32 unpredictable bytes.</summary>
    Hash256 NewSecret();
}
