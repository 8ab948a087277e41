using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hypernode.NodeAgent.Tests.Fakes;

/// <summary>
/// Answers the test broker's questions about nodes: lets everybody in. What the API answers is tested with the API's own routes;
/// here the broker only has to take the program's own login. One suite at a time has the port, the other waits for it.
/// </summary>
internal sealed class BrokerDoor : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly HttpListener _listener;
    private readonly Task _answering;

    private BrokerDoor(HttpListener listener)
    {
        _listener = listener;
        _answering = AnswerAsync();
    }

    /// <summary>What nodes gave as their passwords.</summary>
    public System.Collections.Concurrent.ConcurrentBag<string> Passwords { get; } = [];

    public static async Task<BrokerDoor> OpenAsync()
    {
        var address = new Uri(Environment.GetEnvironmentVariable("HYPERNODE_TEST_BROKER_AUTH")
            ?? throw new InvalidOperationException("HYPERNODE_TEST_BROKER_AUTH is not set: eng/services.sh says it"));
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var listener = new HttpListener { Prefixes = { $"http://{address.Authority}/" } };
            try
            {
                listener.Start();
                return new BrokerDoor(listener);
            }
            catch (Exception e) when (e is HttpListenerException or SocketException && TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _answering;
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                using var body = new StreamReader(context.Request.InputStream);
                var form = await body.ReadToEndAsync();
                if (form.Split('&').FirstOrDefault(f => f.StartsWith("password=", StringComparison.Ordinal)) is { } password)
                {
                    Passwords.Add(WebUtility.UrlDecode(password["password=".Length..]));
                }

                context.Response.ContentType = "text/plain";
                context.Response.Close(Encoding.ASCII.GetBytes("allow"), willBlock: false);
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
