using System.Text.Json;
using Hypernode.Cli.Client;
using Hypernode.Solana;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>How a signed payment gets to the API for sure: what is not known is asked for, and what is sent again is the same word for word.</summary>
internal sealed class Submitting(IMarket market, TimeProvider time, TimeSpan pause)
{
    private const int MaxTries = 6;

    /// <exception cref="RefusedException">The API said no, and has no such job.</exception>
    /// <exception cref="UnknownAnswerException">Nobody could be asked: it may have been accepted.</exception>
    public async Task EnsureAsync(Signed signed, CancellationToken cancellationToken)
    {
        var refused = false;
        for (var tries = 1; ; tries++)
        {
            try
            {
                if (tries > 1 && await market.FindAsync(signed.JobId, cancellationToken) is not null)
                {
                    return;
                }

                await market.SubmitAsync(signed, cancellationToken);
                return;
            }
            catch (RefusedException e) when (!IsOpen(e) && tries > 1 && !refused)
            {
                refused = true; // an earlier one may have arrived since we asked: once more
            }
            catch (Exception e) when (IsOpen(e))
            {
                if (tries == MaxTries || cancellationToken.IsCancellationRequested)
                {
                    throw new UnknownAnswerException(signed.JobId, e);
                }
            }

            await PauseAsync(signed, tries, cancellationToken);
        }
    }

    /// <summary>Says nothing about what was asked for: no answer, half an answer, somebody else's, or one that says "not now".</summary>
    public static bool IsOpen(Exception e) => e switch
    {
        RefusedException refused => refused.Status is >= 500 or 408 or 425 or 429,
        HttpRequestException or IOException or JsonException or InvalidDataException or RpcTransportException or OperationCanceledException => true,
        _ => false,
    };

    private async Task PauseAsync(Signed signed, int tries, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pause * tries, time, cancellationToken);
        }
        catch (OperationCanceledException e)
        {
            throw new UnknownAnswerException(signed.JobId, e);
        }
    }
}

/// <summary>It was sent, and nobody knows whether it arrived.</summary>
internal sealed class UnknownAnswerException(string jobId, Exception cause) : Exception($"it is not known whether {jobId} was accepted ({PlainFailure.Describe(cause)})", cause)
{
    public string JobId { get; } = jobId;
}
