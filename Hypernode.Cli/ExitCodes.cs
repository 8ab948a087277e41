using Hypernode.Cli.Client;
using Hypernode.Solana;

namespace Hypernode.Cli;

/// <summary>What every command ends with, by kind of failure (docs/cli.md). A script can tell "not now" from "never".</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>Anything else; also the "no" of a check that was asked for (a receipt that does not hold, a machine that can't run jobs).</summary>
    public const int Failed = 1;

    /// <summary>The command line, the settings or a given file was not understood.</summary>
    public const int Usage = 2;

    /// <summary>The API said no.</summary>
    public const int Refused = 3;

    /// <summary>The job ended, but not as it should: failed by its own fault, refunded or rejected.</summary>
    public const int JobFailed = 4;

    /// <summary>There is no such job, node or file at the API.</summary>
    public const int NotFound = 5;

    /// <summary>API, chain, broker or database don't answer, or not now: the same again may work.</summary>
    public const int Unavailable = 6;

    /// <summary>The API wants to be paid first, or the wallet can't.</summary>
    public const int Payment = 7;

    /// <summary><c>hn ops</c> found what it looked for: a stuck job, a violation, a message that can't be replayed.</summary>
    public const int Findings = 8;

    public const int Interrupted = 130;

    public static int Of(Exception e) => e switch
    {
        CliException known => known.ExitCode,
        RefusedException refusal => OfStatus(refusal.Status),
        HttpRequestException or RpcTransportException or TimeoutException or OperationCanceledException => Unavailable,
        _ => Failed,
    };

    private static int OfStatus(int status) => status switch
    {
        402 => Payment,
        404 or 410 => NotFound,
        408 or 425 or 429 or >= 500 => Unavailable,
        _ => Refused,
    };
}
