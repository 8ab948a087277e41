namespace Hypernode.Cli.Jobs;

/// <summary>What <c>hn job</c> and <c>hn wallet</c> end with; 1 is any other failure.</summary>
internal static class ExitCodes
{
    public const int Usage = 2;

    /// <summary>The API said no.</summary>
    public const int Refused = 3;

    /// <summary>The job ended, but not as it should: failed by its own fault, refunded or rejected.</summary>
    public const int JobFailed = 4;

    public const int Interrupted = 130;
}
