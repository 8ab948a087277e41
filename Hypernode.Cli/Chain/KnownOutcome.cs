using Hypernode.Solana;

namespace Hypernode.Cli.Chain;

/// <summary>What a transaction's end means to whoever sent it by hand.</summary>
internal static class KnownOutcome
{
    /// <returns>Its signature.</returns>
    /// <exception cref="CliException">It did not happen; or nobody knows, which is said in other words.</exception>
    public static string Require(ConfirmationResult result, string what) => result switch
    {
        { Happened: true } => result.Signature,
        ConfirmationResult.Unknown unknown => throw new CliException(
            $"it is not known whether {what} happened ({unknown.Reason}): transaction {unknown.Signature} can still land until block height {unknown.LastValidBlockHeight}"),
        _ => throw new CliException($"{what} did not happen: {result}"),
    };
}
