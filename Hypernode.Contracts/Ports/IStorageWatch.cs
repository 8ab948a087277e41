namespace Hypernode.Contracts.Ports;

/// <summary>What is known of the storage just now, without asking it: whoever takes something in looks here first.</summary>
public interface IStorageWatch
{
    StorageHealth Current { get; }
}
