using System.Text.Json;

namespace Hypernode.Bench.Loads;

/// <summary>
/// How the runner talks to a process under load: a command a line on stdin, an answer a line on stdout that begins with
/// <c>bench </c>; everything else on stdout is log. The process ends when its stdin does.
/// </summary>
internal static class LoadProtocol
{
    public const string Mark = "bench ";

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="handle">Command and its numbers; what it returns is the answer.</param>
    public static async Task ServeAsync(Func<string, long[], Task<object>> handle, CancellationToken cancellationToken)
    {
        Say(new { Ready = true });
        using var input = new StreamReader(Console.OpenStandardInput());
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Say(await handle(words[0], [.. words[1..].Select(long.Parse)]));
        }
    }

    private static void Say(object answer) => Console.Out.WriteLine(Mark + JsonSerializer.Serialize(answer, Json));
}

/// <summary>So many jobs, so many of them open at a time, and no new one after so many seconds.</summary>
internal sealed record Load(long Jobs, int Outstanding, long Seconds)
{
    public static Load Of(long[] numbers) => new(numbers[0], (int)numbers[1], numbers[2]);

    public override string ToString() => $"{Jobs} {Outstanding} {Seconds}";
}

/// <summary>The answer to <c>run JOBS OUTSTANDING SECONDS</c>.</summary>
internal sealed record RunAnswer(long Jobs, double Seconds);

internal sealed record Done(bool Ok = true);
