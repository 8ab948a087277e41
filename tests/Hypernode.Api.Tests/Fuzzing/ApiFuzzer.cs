using Hypernode.Api.Tests.Contract;

namespace Hypernode.Api.Tests.Fuzzing;

/// <summary>
/// Sends spoiled requests to the whole API, one after the other, and holds each answer to the rules. A run is made of chunks, each on a
/// host of its own, so that one chunk is enough to see a case again.
/// </summary>
/// <param name="onSocket">Over a real server's socket: slower, and what that server refuses by itself is seen as well.</param>
public sealed class ApiFuzzer(ulong seed, int cases, bool onSocket = false)
{
    public const int CasesOfAChunk = 500;
    public ulong Seed => seed;

    private const int MostFinds = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="told">Cases done so far.</param>
    public async Task<FuzzReport> RunAsync(Action<int>? told, CancellationToken cancellationToken)
    {
        var report = new FuzzReport(seed);
        for (var first = 0; first < cases && report.Finds.Count < MostFinds; first += CasesOfAChunk)
        {
            await RunChunkAsync(first, Math.Min(CasesOfAChunk, cases - first), report, cancellationToken);
            told?.Invoke(report.Cases);
        }

        return report;
    }

    /// <summary>A case with those before it in its chunk.</summary>
    /// <param name="say">What was sent, and what came.</param>
    public async Task<FuzzReport> RunOneAsync(int number, Action<string> say, CancellationToken cancellationToken)
    {
        var report = new FuzzReport(seed);
        await RunChunkAsync(number - (number % CasesOfAChunk), (number % CasesOfAChunk) + 1, report, cancellationToken, (sent, came) =>
        {
            if (sent.Number == number)
            {
                say($"{sent}\n{came}");
            }
        });
        return report;
    }

    private async Task RunChunkAsync(int first, int count, FuzzReport report, CancellationToken cancellationToken, Action<FuzzCase, string>? seen = null)
    {
        var document = await ContractDocument.LoadAsync();
        await using var world = await ContractWorld.StartAsync(onSocket);
        using var forged = world.Host.WithToken("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.");
        var maker = new CaseMaker(document, world, seed);
        for (var number = first; number < first + count; number++)
        {
            var made = maker.Make(number);
            var (found, came) = await TryAsync(world, forged, made, report, cancellationToken);
            report.Cases++;
            seen?.Invoke(made, came);
            if (found is not null)
            {
                report.Found($"{found}\n{made}");
            }
        }
    }

    private async Task<(string? Found, string Came)> TryAsync(ContractWorld world, HttpClient forged, FuzzCase made, FuzzReport report, CancellationToken cancellationToken, bool again = false)
    {
        // The in-process client has no way to send a NUL in a path; over a socket it goes out, and is refused.
        using var request = !onSocket && made.Path.Contains("%00", StringComparison.Ordinal) ? null : RequestOf(made);
        if (request is null)
        {
            report.Unsendable++;
            return (null, "can't be sent by this client");
        }

        var before = FuzzCount.Of(world.Host);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            using var answer = await ClientOf(world, forged, made.Caller).SendAsync(request, limit.Token);
            var text = await answer.Content.ReadAsStringAsync(limit.Token);
            report.Answered((int)answer.StatusCode);
            return (FuzzRules.Broken((int)answer.StatusCode, text, before, FuzzCount.Of(world.Host), made.Path.Split('?')[0]), $"{(int)answer.StatusCode} {text}");
        }
        catch (ContractBrokenException e)
        {
            return (e.Message, e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ($"no answer within {Patience.TotalSeconds} s", "nothing");
        }
        catch (HttpRequestException e) when (onSocket && !again && (e.HttpRequestError == HttpRequestError.ResponseEnded || e.InnerException is IOException))
        {
            // A kept connection that the server closed after its last answer, at the moment that this request went out.
            return await TryAsync(world, forged, made, report, cancellationToken, again: true);
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or FormatException or ArgumentException)
        {
            // Thrown where an answer should have been: what escapes the outermost middleware comes out here.
            return ($"no answer but {e}", "nothing");
        }
    }

    /// <summary>Null: no client can put this on the wire.</summary>
    private static HttpRequestMessage? RequestOf(FuzzCase made)
    {
        try
        {
            var request = new HttpRequestMessage(new HttpMethod(made.Method), new Uri(made.Path, UriKind.Relative));
            if (made.Body is not null)
            {
                request.Content = new ByteArrayContent(made.Body);
                if (!string.IsNullOrEmpty(made.ContentType))
                {
                    request.Content.Headers.TryAddWithoutValidation("Content-Type", made.ContentType);
                }
            }

            foreach (var (name, value) in made.Headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            return request;
        }
        catch (Exception e) when (e is UriFormatException or FormatException)
        {
            return null;
        }
    }

    private static HttpClient ClientOf(ContractWorld world, HttpClient forged, string caller) => caller switch
    {
        "alice" => world.Alice,
        "bob" => world.Bob,
        "node" => world.Node,
        "pair" => world.Pair,
        "forged" => forged,
        _ => world.Anonymous,
    };
}
