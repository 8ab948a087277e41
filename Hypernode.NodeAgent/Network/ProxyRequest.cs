using System.Text;
using Hypernode.Contracts.Jobs;

namespace Hypernode.NodeAgent.Network;

/// <summary>Nothing that a proxy would forward; the text is for the job's own eyes.</summary>
internal sealed class BadRequestException(string message) : Exception(message);

/// <summary>
/// The first request of a connection. What comes after goes to the same place as it is, so nothing in it can choose another one: there is
/// no second request to smuggle.
/// </summary>
/// <param name="Authority">As the job wrote it, for the log.</param>
/// <param name="Target">Null: that is no place that a job could be allowed.</param>
/// <param name="Head">What to send there before the rest; null for CONNECT.</param>
internal sealed record ProxyRequest(string Authority, NetworkTarget? Target, byte[]? Head)
{
    private const string Scheme = "http://";

    /// <summary>Between two neighbours only, or said anew.</summary>
    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Upgrade",
    };

    /// <param name="head">Up to and with the empty line.</param>
    public static ProxyRequest Parse(ReadOnlySpan<byte> head)
    {
        var lines = Encoding.Latin1.GetString(head).Split("\r\n");
        if (lines.Any(l => l.Any(c => c is '\r' or '\n' or '\0')))
        {
            throw new BadRequestException("a line that ends otherwise than in CRLF");
        }

        if (lines[0].Split(' ') is not [{ Length: > 0 } method, { Length: > 0 } uri, "HTTP/1.1" or "HTTP/1.0"] || !method.All(IsToken) || !uri.All(c => c is > ' ' and < '\x7f'))
        {
            throw new BadRequestException("no request line");
        }

        var headers = lines[1..^2].Select(ReadHeader).ToList();
        if (method == "CONNECT")
        {
            return new(uri, TargetOf(uri), null);
        }

        if (!uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            throw new BadRequestException("this is a proxy: CONNECT host:port, or an absolute http:// address");
        }

        var end = uri.AsSpan(Scheme.Length).IndexOfAny("/?#");
        var authority = end < 0 ? uri[Scheme.Length..] : uri[Scheme.Length..(Scheme.Length + end)];
        var path = end < 0 ? "/" : uri[(Scheme.Length + end)..];
        var full = authority.LastIndexOf(':') > authority.LastIndexOf(']') ? authority : authority + ":80";
        return new(full, TargetOf(full), Rewrite(method, path[0] == '/' ? path : "/" + path, authority, headers));
    }

    /// <summary>Names are compared as they are signed: in lower case and without the root's dot.</summary>
    private static NetworkTarget? TargetOf(string authority)
    {
        var (host, port) = (authority[..Math.Max(0, authority.LastIndexOf(':'))], authority[(authority.LastIndexOf(':') + 1)..]);
        var plain = host.ToLowerInvariant();
        return NetworkTarget.TryParse($"{(plain.EndsWith('.') ? plain[..^1] : plain)}:{port}", out var target) ? target : null;
    }

    private static (string Name, string Value) ReadHeader(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && line[..colon].All(IsToken) ? (line[..colon], line[(colon + 1)..].Trim(' ', '\t')) : throw new BadRequestException("no header line");
    }

    private static byte[] Rewrite(string method, string path, string authority, List<(string Name, string Value)> headers)
    {
        // Two servers on the way that read a body's length differently is how requests are smuggled: only one reading is passed on.
        var lengths = headers.Count(h => h.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase));
        var codings = headers.Where(h => h.Name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)).ToList();
        if (lengths + codings.Count > 1 || codings.Any(c => !c.Value.Equals("chunked", StringComparison.OrdinalIgnoreCase)))
        {
            throw new BadRequestException("more than one length of the body");
        }

        var named = headers.Where(h => h.Name.Equals("Connection", StringComparison.OrdinalIgnoreCase))
            .SelectMany(h => h.Value.Split(',', StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        named.ExceptWith(["Content-Length", "Transfer-Encoding"]);
        var text = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n");
        foreach (var (name, value) in headers.Where(h => !NotForwarded.Contains(h.Name) && !named.Contains(h.Name)))
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.Append("\r\n").ToString());
    }

    private static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);
}
