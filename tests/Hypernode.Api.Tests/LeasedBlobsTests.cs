using System.Net;
using System.Net.Http.Headers;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Tests;

/// <summary>A node takes and brings what its live lease is about, and learns nothing of anything else.</summary>
public sealed class LeasedBlobsTests : IAsyncLifetime
{
    private static readonly NodeId Node = NodeId.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");
    private static readonly NodeId Other = NodeId.Parse("1f8fad5b-d9cb-469f-a165-70867728950e");

    private ApiHost _host = null!;
    private HttpClient _node = null!;
    private JobId _job;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        Register(Node, TestWallet.Node);
        Register(Other, TestWallet.Bob);
        _node = await _host.SignInAsync(TestWallet.Node);
        _job = JobId.Parse(await SubmittedAsync(job => job["limits"]!["outputMb"] = 1));
        Lease(_job, 1, Node, live: true);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_node_reads_the_inputs_of_the_job_that_it_holds()
    {
        var answer = await _node.GetAsync(Of(Hash256.Of(Bodies.Input)));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(Bodies.Input);
        answer.Headers.ETag!.Tag.ShouldBe($"\"{Hash256.Of(Bodies.Input)}\"");
        answer.Headers.CacheControl!.ToString().Split(", ").ShouldBe(["private", "immutable", "max-age=31536000"], ignoreOrder: true);
    }

    [Fact]
    public async Task An_input_comes_by_ranges_too_and_not_at_all_to_who_has_it()
    {
        var rest = new HttpRequestMessage(HttpMethod.Get, Of(Hash256.Of(Bodies.Input))) { Headers = { Range = new RangeHeaderValue(5, null) } };
        var answer = await _node.SendAsync(rest);
        answer.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(Bodies.Input[5..]);

        var known = new HttpRequestMessage(HttpMethod.Get, Of(Hash256.Of(Bodies.Input)));
        known.Headers.IfNoneMatch.Add(new EntityTagHeaderValue($"\"{Hash256.Of(Bodies.Input)}\""));
        (await _node.SendAsync(known)).StatusCode.ShouldBe(HttpStatusCode.NotModified);

        var beyond = new HttpRequestMessage(HttpMethod.Get, Of(Hash256.Of(Bodies.Input))) { Headers = { Range = new RangeHeaderValue(500, null) } };
        (await _node.SendAsync(beyond)).StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    [Fact]
    public async Task Nobody_else_learns_whether_a_file_is_here()
    {
        var here = Hash256.Of(Bodies.Input);
        var secret = _host.Blobs.Add("another job's"u8.ToArray());
        var payer = await _host.SignInAsync(TestWallet.Alice);
        var other = await _host.SignInAsync(TestWallet.Bob);
        var ended = JobId.Parse(await SubmittedAsync());
        Lease(ended, 1, Node, live: false);

        var answers = new List<string>();
        foreach (var (who, path) in new[]
        {
            (_node, Of(secret)), (_node, Of(Hash256.Of("nowhere"u8))), (_node, $"/api/blobs/{here}"), (_node, Of(here, attempt: "2")), (_node, Of(here, attempt: "+1")),
            (_node, Of(here, ended)), (_node, "/api/blobs/x" + Of(here)[76..]), (payer, Of(here)), (other, Of(here)), (other, Of(Hash256.Of("nowhere"u8))),
        })
        {
            var answer = await who.GetAsync(path);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
            answers.Add(await answer.Content.ReadAsStringAsync());
        }

        answers.Distinct().Count().ShouldBe(1);
        (await _host.Anonymous.GetAsync(Of(here))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_node_stores_an_output_under_its_hash_as_often_as_it_asks()
    {
        var output = "sorted"u8.ToArray();

        for (var i = 0; i < 3; i++)
        {
            (await PutAsync(_node, output)).StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        _host.Blobs.All[Hash256.Of(output)].ShouldBe(output);
    }

    [Fact]
    public async Task A_body_that_is_not_the_file_of_its_hash_is_not_stored()
    {
        var before = _host.Blobs.All.Count;

        var answer = await _node.PutAsync(Of(Hash256.Of("sorted"u8)), new ByteArrayContent("sorteD"u8.ToArray()));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await ApiHost.JsonOfAsync(answer))["errors"]![0]!["code"]!.GetValue<string>().ShouldBe("wrong-hash");
        _host.Blobs.All.Count.ShouldBe(before);
    }

    [Fact]
    public async Task All_outputs_of_an_attempt_stay_within_the_jobs_limit()
    {
        var half = new byte[600 * 1024];
        (await PutAsync(_node, half)).StatusCode.ShouldBe(HttpStatusCode.Created);

        var more = await PutAsync(_node, [1, .. half]);

        more.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await ApiHost.JsonOfAsync(more))["type"]!.GetValue<string>().ShouldBe("urn:hypernode:problem:output-limit");
        (await PutAsync(_node, half)).StatusCode.ShouldBe(HttpStatusCode.Created, "a repeat costs nothing");
        (await _node.PutAsync(Of(Hash256.Of([1, .. half[..^1]])), new ByteArrayContent(half[..1024]))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await PutAsync(_node, new byte[400 * 1024])).StatusCode.ShouldBe(HttpStatusCode.Created, "what was refused took no room");
    }

    [Fact]
    public async Task Only_the_holder_of_a_live_lease_stores_outputs()
    {
        var output = "sorted"u8.ToArray();
        var before = _host.Blobs.All.Count;

        (await PutAsync(await _host.SignInAsync(TestWallet.Bob), output)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await PutAsync(await _host.SignInAsync(TestWallet.Alice), output)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await PutAsync(_host.Anonymous, output)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        Lease(_job, 1, Node, live: false);
        (await PutAsync(_node, output)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        _host.Blobs.All.Count.ShouldBe(before);
    }

    [Fact]
    public async Task An_output_says_its_length_first()
    {
        var request = new HttpRequestMessage(HttpMethod.Put, Of(Hash256.Of("sorted"u8))) { Content = new StreamContent(new MemoryStream("sorted"u8.ToArray())) };
        request.Headers.TransferEncodingChunked = true;

        (await _node.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.LengthRequired);
    }

    [Fact]
    public async Task A_wallet_has_a_bounded_number_of_transfers_under_way()
    {
        await using var host = await ApiHost.StartAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["Hypernode:Api:MaxTransfers"] = "1" }, onSocket: true);
        var alice = await host.SignInAsync(TestWallet.Alice);
        var bob = await host.SignInAsync(TestWallet.Bob);
        var slow = new SlowContent();
        var first = alice.PostAsync("/api/blobs", slow);
        await host.Blobs.Storing; // at the server: that it was sent is not enough

        var second = await alice.PostAsync("/api/blobs", new ByteArrayContent([1]));
        second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        second.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        (await bob.PostAsync("/api/blobs", new ByteArrayContent([1]))).StatusCode.ShouldBe(HttpStatusCode.Created);

        slow.Finish();
        (await first).StatusCode.ShouldBe(HttpStatusCode.Created);
        var third = HttpStatusCode.TooManyRequests;
        for (var i = 0; i < 1_000 && third == HttpStatusCode.TooManyRequests; i++) // its place is free a moment after its answer
        {
            third = (await alice.PostAsync("/api/blobs", new ByteArrayContent([1]))).StatusCode;
        }

        third.ShouldBe(HttpStatusCode.Created);
    }

    private string Of(Hash256 hash, JobId? job = null, string attempt = "1") => $"/api/blobs/{hash}?job={job ?? _job}&attempt={attempt}";

    private Task<HttpResponseMessage> PutAsync(HttpClient who, byte[] content) => who.PutAsync(Of(Hash256.Of(content)), new ByteArrayContent(content));

    private async Task<string> SubmittedAsync(Action<System.Text.Json.Nodes.JsonObject>? change = null)
    {
        var answer = await Bodies.SubmitAsync(_host, await Bodies.SubmissionAsync(_host, TestWallet.Alice, change));
        answer.EnsureSuccessStatusCode();
        return (await ApiHost.JsonOfAsync(answer))["jobId"]!.GetValue<string>();
    }

    private void Register(NodeId id, TestWallet key) => _host.Nodes.All[id] = new NodeView(
        id, key.Address, TestWallet.Bob.Address, "box", NodeStatus.Active, new NodeOffer(1, 1_000, 512, new HyperAmount(1), [], []), 0, 0, default, _host.Clock.Now, null);

    private void Lease(JobId job, int attempt, NodeId node, bool live) => _host.Nodes.Leases[(job, attempt)] = new LeaseView(
        job, attempt, node, 0, Hash256.Zero, new HyperAmount(1), _host.Clock.Now, null, null, live);

    /// <summary>A body that ends when it is told to.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly TaskCompletionSource _finish = new();

        public void Finish() => _finish.SetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[10]);
            await stream.FlushAsync();
            await _finish.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
