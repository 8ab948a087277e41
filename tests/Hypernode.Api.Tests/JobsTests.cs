using System.Net;
using System.Text.Json.Nodes;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Events;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Tests;

public sealed class JobsTests(SharedHost shared) : IClassFixture<SharedHost>
{
    [Fact]
    public async Task A_job_tells_its_states_with_times_and_causes()
    {
        await using var host = await ApiHost.StartAsync();
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        host.Jobs.Move(id, JobStateNames.IntentVerified);
        var alice = await host.SignInAsync(TestWallet.Alice);

        var job = await ApiHost.JsonOfAsync(await alice.GetAsync($"/api/jobs/{id}"));

        job["state"]!.GetValue<string>().ShouldBe("IntentVerified");
        job["status"]!.GetValue<string>().ShouldBe("pending");
        var transitions = job["transitions"]!.AsArray();
        transitions.Select(t => t!["state"]!.GetValue<string>()).ShouldBe(["Submitted", "IntentVerified"]);
        transitions[0]!["at"]!.GetValue<long>().ShouldBe(host.Clock.Now.ToUnixTimeMilliseconds());
        transitions[1]!["cause"]!.GetValue<string>().ShouldBe("Test");
    }

    [Fact]
    public async Task Sums_are_integers_before_and_after_settlement()
    {
        await using var host = await ApiHost.StartAsync();
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        var alice = await host.SignInAsync(TestWallet.Alice);

        SumsOf(await ApiHost.JsonOfAsync(await alice.GetAsync($"/api/jobs/{id}"))).ShouldBe([2_500_000, 0, 0, 0, 0, 0]);
        host.Jobs.Move(id, JobStateNames.Paid, job => job with
        {
            Outcome = "Succeeded",
            Signatures = ["one", "two"],
            Settlement = new Settlement(new(1_000_001), new(850_001), new(100_000), new(50_000), new(1_499_999)),
            CompletedAt = host.Clock.Now,
        });
        var paid = await ApiHost.JsonOfAsync(await alice.GetAsync($"/api/jobs/{id}"));

        SumsOf(paid).ShouldBe([2_500_000, 1_000_001, 850_001, 100_000, 50_000, 1_499_999]);
        paid["hyper"]!["charge"]!.GetValue<string>().ShouldBe("1.000001");
        paid["hyper"]!["refund"]!.GetValue<string>().ShouldBe("1.499999");
        paid["status"]!.GetValue<string>().ShouldBe("completed");
        paid["outcome"]!.GetValue<string>().ShouldBe("Succeeded");
        paid["signatures"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_list_is_paged_newest_first_and_holds_only_ones_own()
    {
        await using var host = await ApiHost.StartAsync();
        var mine = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            // Two of them at the same moment: the cursor must not lose one.
            host.Clock.Now += TimeSpan.FromSeconds(i == 3 ? 0 : 1);
            mine.Insert(0, await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
            await Bodies.SubmittedJobAsync(host, TestWallet.Bob);
        }

        var alice = await host.SignInAsync(TestWallet.Alice);
        var seen = new List<string>();
        var path = "/api/jobs?limit=2";
        for (string? next = ""; next is not null;)
        {
            var page = await ApiHost.JsonOfAsync(await alice.GetAsync(next.Length == 0 ? path : $"{path}&cursor={next}"));
            seen.AddRange(page["items"]!.AsArray().Select(j => j!["jobId"]!.GetValue<string>()));
            page["items"]!.AsArray().Count.ShouldBeLessThanOrEqualTo(2);
            next = page["next"]?.GetValue<string>();
        }

        seen.ShouldBe(mine, ignoreOrder: true);
        seen.Distinct().Count().ShouldBe(5);
        seen[0].ShouldBe(mine[0]);
        seen[^1].ShouldBe(mine[^1]);
    }

    [Fact]
    public async Task A_list_can_be_filtered_by_status()
    {
        await using var host = await ApiHost.StartAsync();
        await Bodies.SubmittedJobAsync(host, TestWallet.Alice);
        var running = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        host.Jobs.Move(running, JobStateNames.Executing);
        var alice = await host.SignInAsync(TestWallet.Alice);

        var page = await ApiHost.JsonOfAsync(await alice.GetAsync("/api/jobs?status=running"));

        page["items"]!.AsArray().Single()!["jobId"]!.GetValue<string>().ShouldBe(running.ToString());
    }

    [Theory]
    [InlineData("?limit=0", "?limit")]
    [InlineData("?limit=201", "?limit")]
    [InlineData("?limit=many", "?limit")]
    [InlineData("?status=Paid", "?status")]
    [InlineData("?cursor=nonsense", "?cursor")]
    [InlineData("?cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTl8am9i", "?cursor")]
    public async Task A_wrong_query_is_refused_by_its_name(string query, string pointer)
    {
        var answer = await shared.Alice.GetAsync($"/api/jobs{query}");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await ApiHost.JsonOfAsync(answer))["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(pointer);
    }

    [Theory]
    [InlineData(JobStateNames.Initial, 202)]
    [InlineData(JobStateNames.Submitted, 202)]
    [InlineData(JobStateNames.IntentVerified, 202)]
    [InlineData(JobStateNames.EscrowPending, 202)]
    [InlineData(JobStateNames.Matching, 202)]
    [InlineData(JobStateNames.Assigned, 202)]
    [InlineData(JobStateNames.Executing, 202)]
    [InlineData(JobStateNames.Executed, 409)]
    [InlineData(JobStateNames.Verified, 409)]
    [InlineData(JobStateNames.SettlementPending, 409)]
    [InlineData(JobStateNames.Refunding, 409)]
    [InlineData(JobStateNames.Refunded, 409)]
    [InlineData(JobStateNames.Rejected, 409)]
    [InlineData(JobStateNames.Paid, 409)]
    public async Task A_job_can_be_cancelled_until_it_has_been_executed(string state, int status)
    {
        var host = shared.Host;
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        host.Jobs.Move(id, state);

        var answer = await shared.Alice.PostAsync($"/api/jobs/cancel/{id}", null);

        answer.StatusCode.ShouldBe((HttpStatusCode)status);
        host.Messages.Sent.Count(m => m.Equals(new CancelRequested(id))).ShouldBe(status == 202 ? 1 : 0);
    }

    [Fact]
    public async Task A_result_is_refused_while_the_job_runs_and_absent_when_nothing_was_paid()
    {
        await using var host = await ApiHost.StartAsync();
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        Finish(host, id, JobStateNames.Executed, [("out.txt", "early")]);
        var alice = await host.SignInAsync(TestWallet.Alice);

        (await alice.GetAsync($"/api/jobs/{id}/result")).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        host.Jobs.Move(id, JobStateNames.Refunded);
        (await alice.GetAsync($"/api/jobs/{id}/result")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_single_result_file_is_downloaded_with_its_hash()
    {
        await using var host = await ApiHost.StartAsync();
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        Finish(host, id, JobStateNames.Paid, [("sorted \"words\"\r\n.txt", "apple\npear\n")]);
        var alice = await host.SignInAsync(TestWallet.Alice);

        var answer = await alice.GetAsync($"/api/jobs/{id}/result");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("apple\npear\n");
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
        answer.Content.Headers.ContentDisposition!.DispositionType.ShouldBe("attachment");
        answer.Headers.GetValues("Repr-Digest").Single().ShouldStartWith("sha-256=:");
        answer.Headers.ETag!.Tag.ShouldBe($"\"{Contracts.Text.Hash256.Of("apple\npear\n"u8)}\"");

        var part = new HttpRequestMessage(HttpMethod.Get, $"/api/jobs/{id}/result") { Headers = { Range = new(6, 9) } };
        (await (await alice.SendAsync(part)).Content.ReadAsStringAsync()).ShouldBe("pear");
    }

    [Fact]
    public async Task Several_result_files_are_listed_and_fetched_by_name()
    {
        await using var host = await ApiHost.StartAsync();
        var id = JobId.Parse(await Bodies.SubmittedJobAsync(host, TestWallet.Alice));
        Finish(host, id, JobStateNames.Paid, [("a.txt", "one"), ("b.txt", "two")]);
        var alice = await host.SignInAsync(TestWallet.Alice);

        var list = await ApiHost.JsonOfAsync(await alice.GetAsync($"/api/jobs/{id}/result?list=true"));
        list["items"]!.AsArray().Select(f => f!["name"]!.GetValue<string>()).ShouldBe(["a.txt", "b.txt"]);
        (await ApiHost.JsonOfAsync(await alice.GetAsync($"/api/jobs/{id}/result"))).ToJsonString().ShouldBe(list.ToJsonString());
        (await alice.GetStringAsync($"/api/jobs/{id}/result?name=b.txt")).ShouldBe("two");
        (await alice.GetAsync($"/api/jobs/{id}/result?name=../b.txt")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await alice.GetAsync($"/api/jobs/{id}/result?list=perhaps")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static long[] SumsOf(JsonObject job) =>
        [.. new[] { "amount", "charge", "nodeShare", "protocolFee", "platformFee", "refund" }.Select(name => job[name]!.GetValue<long>())];

    private static void Finish(ApiHost host, JobId id, string state, (string Name, string Content)[] files)
    {
        host.Jobs.Move(id, state, job => job with { Attempt = 1, CompletedAt = host.Clock.Now });
        var job = host.Jobs.All[id];
        Artifact[] artifacts = [.. files.Select(f => new Artifact(f.Name, host.Blobs.Add(System.Text.Encoding.UTF8.GetBytes(f.Content)), f.Content.Length))];
        host.Evidence.Receipts[(id, 1)] = new StoredReceipt(
            new Receipt(
                id, job.Intent.IntentId, new NodeId(Guid.NewGuid()), 1, 1, job.SpecHash, Bodies.Image, default, default, 0, 1, 0, false, false,
                default, 0, Receipt.RootOf(artifacts), artifacts, [], 0, 0, default, default),
            "signature",
            host.Clock.Now);
    }
}
