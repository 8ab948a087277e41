using System.ComponentModel;
using System.Text.Json;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Runs;
using Hypernode.Solana;

namespace Hypernode.Cli;

/// <summary>What can go wrong around us, and is no mistake of this program's: it ends as one line, without a trace.</summary>
internal static class PlainFailure
{
    public static bool Is(Exception e) => e
        is CliException or RefusedException or NotSignedException or HttpRequestException or RpcException or RpcTransportException
        or IOException or InvalidDataException or UnauthorizedAccessException or JsonException or FormatException
        or UnknownAnswerException or RunIsOpenException or EnvelopeException or TimeoutException or OperationCanceledException or Win32Exception;

    public static string Describe(Exception e) => e switch
    {
        // An HttpClient's own time limit is a cancellation too.
        OperationCanceledException { InnerException: TimeoutException limit } => limit.Message,
        OperationCanceledException or TimeoutException => "no answer in time",
        RefusedException { Problem.Errors: { Count: > 0 } fields } => WithFields(e.Message, [.. fields.Select(f => $"{f.Pointer}: {f.Detail}")]),
        JsonException => $"not the JSON that was expected: {e.Message}",
        Win32Exception => $"a program that is needed does not start: {e.Message}",
        _ => e.Message,
    };

    /// <summary>A problem of one field says it in its detail already.</summary>
    private static string WithFields(string message, IReadOnlyList<string> fields) =>
        fields is [var only] && message.Contains(only, StringComparison.Ordinal) ? message : string.Join('\n', [message, .. fields.Select(f => $"  {f}")]);
}
