using System.Net;
using Hypernode.Cli.Adapters;

namespace Hypernode.Cli.Tests.Jobs;

/// <summary>Between a client and the API: passes every request on, and loses the answers of some. What was asked for has happened then.</summary>
internal sealed class LossyProxy : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _http;
    private int _left;

    public LossyProxy(string api)
    {
        Url = $"http://127.0.0.1:{Ports.Free()}";
        _http = new HttpClient { BaseAddress = new Uri(api) };
        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _ = ServeAsync();
    }

    public string Url { get; }

    /// <summary>So many answers to submissions were lost.</summary>
    public int Lost { get; private set; }

    public void LoseAnswers(int submissions) => _left = submissions;

    public void Dispose()
    {
        _listener.Close();
        _http.Dispose();
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                _ = PassAsync(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task PassAsync(HttpListenerContext context)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.HttpMethod), context.Request.RawUrl);
        if (context.Request.HasEntityBody)
        {
            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            request.Content = new ByteArrayContent(body.ToArray());
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        if (context.Request.Headers["Authorization"] is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var answer = await _http.SendAsync(request);
        if (context.Request.RawUrl == "/api/facilitator/submit-job" && _left-- > 0)
        {
            Lost++;

            // Half an answer, or an empty one: both say nothing.
            if (_left % 2 == 0)
            {
                context.Response.ContentLength64 = 1_000;
                await context.Response.OutputStream.WriteAsync("{"u8.ToArray());
            }

            context.Response.Abort();
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await context.Response.OutputStream.WriteAsync(await answer.Content.ReadAsByteArrayAsync());
        context.Response.Close();
    }
}
