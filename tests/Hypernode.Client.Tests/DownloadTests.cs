using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Hypernode.Contracts.Text;

namespace Hypernode.Client.Tests;

/// <summary>Results over connections that break off.</summary>
public sealed class DownloadTests
{
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("apple\npear\n");
    private static readonly ResultFile File = new("sorted.txt", Hash256.Of(Content).ToString(), Content.Length);

    [Fact]
    public async Task A_transfer_that_breaks_off_goes_on_where_it_was()
    {
        using var server = new Answering(_ => Whole(new Breaking(Content, 4)), _ => Part(new Breaking(Content[4..], 3), 4), _ => Part(new MemoryStream(Content[7..]), 7));
        using var client = server.Client();
        using var written = new MemoryStream();

        await client.DownloadAsync("job-1", File, written);

        written.ToArray().ShouldBe(Content);
        server.Asked.Select(a => a.Range).ShouldBe([null, "bytes=4-", "bytes=7-"]);
    }

    [Fact]
    public async Task Another_file_is_none()
    {
        using var server = new Answering(_ => Whole(new MemoryStream(Encoding.UTF8.GetBytes("apple\nplum\n"))));
        using var client = server.Client();

        await Should.ThrowAsync<InvalidDataException>(() => client.DownloadAsync("job-1", File, Stream.Null));
    }

    [Fact]
    public async Task A_transfer_without_progress_is_given_up()
    {
        using var server = new Answering(_ => Whole(new Breaking(Content, 0)));
        using var client = server.Client();

        await Should.ThrowAsync<IOException>(() => client.DownloadAsync("job-1", File, Stream.Null));

        server.Asked.Count.ShouldBe(4);
    }

    private static HttpResponseMessage Whole(Stream body) => new(HttpStatusCode.OK) { Content = new StreamContent(body) };

    private static HttpResponseMessage Part(Stream body, long from)
    {
        var answer = new HttpResponseMessage(HttpStatusCode.PartialContent) { Content = new StreamContent(body) };
        answer.Content.Headers.ContentRange = new ContentRangeHeaderValue(from, Content.Length - 1, Content.Length);
        return answer;
    }

    /// <summary>Gives so many bytes, and then the connection is gone.</summary>
    private sealed class Breaking(byte[] content, int after) : MemoryStream(content, 0, after)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new IOException("the connection was reset");
    }
}
