using Hypernode.Contracts.Jobs;

namespace Hypernode.NodeAgent.Execution;

/// <summary>What a job's files may take of the disk, asked before the first byte of them is fetched.</summary>
internal static class InputRoom
{
    /// <exception cref="DeclinedException">More than this node takes, or than its disk has.</exception>
    public static void Require(JobSpec spec, AgentOptions options, string folder)
    {
        var inputs = Int128.Zero;
        foreach (var input in spec.Inputs ?? [])
        {
            inputs += input.Bytes >= 0 ? input.Bytes : throw new DeclinedException("inputs-unavailable", "an input can't have less than no bytes");
        }

        if (inputs > (Int128)options.MaxInputMb << 20)
        {
            throw new DeclinedException("no-capacity", $"the inputs have {inputs} bytes, and this node takes {options.MaxInputMb} MiB");
        }

        // Inputs as they were fetched and as the job reads them; outputs as the job wrote them and as they wait to be delivered.
        var wanted = 2 * (inputs + ((Int128)spec.Limits.OutputMb << 20));
        var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (wanted > free)
        {
            throw new DeclinedException("no-capacity", $"the job's files may take {wanted} bytes, and the disk has {free}");
        }
    }
}
