namespace Hypernode.Cli;

/// <summary>Something that the user can do something about: its message is shown as it is, without a trace.</summary>
public sealed class CliException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What the command ends with.</summary>
    public int ExitCode { get; init; } = 1;
}
