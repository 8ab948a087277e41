using System.Net;
using Hypernode.Api.Tests.Fakes;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Hypernode.Api.Tests;

/// <summary>A storage that can't keep a job takes none, says so, and heals by itself.</summary>
public sealed class StorageGateTests
{
    [Theory]
    [InlineData(StorageCondition.Full, "storage-unavailable")]
    [InlineData(StorageCondition.ReadOnly, "storage-unavailable")]
    [InlineData(StorageCondition.Unreachable, "storage-unavailable")]
    [InlineData(StorageCondition.Slow, "storage-slow")]
    public async Task While_the_storage_is_ill_no_job_is_taken_and_none_is_cancelled_and_then_they_are(StorageCondition condition, string kind)
    {
        await using var host = await ApiHost.StartAsync();
        var alice = await host.SignInAsync(TestWallet.Alice);
        var id = await Bodies.SubmittedJobAsync(host, TestWallet.Alice);
        var body = await Bodies.SubmissionAsync(host, TestWallet.Alice);

        host.Storage.Current = new(condition, "the disk is full", TimeSpan.FromSeconds(1));
        await ShouldRefuseAsync(await Bodies.SubmitAsync(host, body), kind);
        await ShouldRefuseAsync(await alice.PostAsync($"/api/jobs/cancel/{id}", null), kind);
        host.Jobs.All.Count.ShouldBe(1);
        host.Messages.Sent.ShouldBeEmpty();
        (await alice.GetAsync($"/api/jobs/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK, "reading goes on");

        host.Storage.Current = new(StorageCondition.Ok, "", TimeSpan.Zero);
        (await Bodies.SubmitAsync(host, body)).StatusCode.ShouldBe(HttpStatusCode.Accepted, "the same body, once more");
        (await alice.PostAsync($"/api/jobs/cancel/{id}", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task What_the_watch_has_not_seen_yet_is_the_same_answer_and_not_an_error_of_ours()
    {
        await using var host = await ApiHost.StartAsync(more: s => s.AddSingleton<IJobIntake>(new FullIntake()));

        var answer = await Bodies.SubmitAsync(host, await Bodies.SubmissionAsync(host, TestWallet.Alice));

        await ShouldRefuseAsync(answer, "storage-unavailable");
        (await answer.Content.ReadAsStringAsync()).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task Ready_says_what_is_wrong_with_the_storage()
    {
        await using var host = await ApiHost.StartAsync(more: s => s.AddHealthChecks().AddCheck(
            "storage", () => HealthCheckResult.Unhealthy("hunter2", data: new Dictionary<string, object> { ["reason"] = "the disk is full" })));

        var ready = await host.Anonymous.GetAsync("/health/ready");

        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await ready.Content.ReadAsStringAsync()).ShouldBe("""{"status":"unhealthy","checks":[{"name":"storage","status":"unhealthy","reason":"the disk is full"}]}""");
    }

    private static async Task ShouldRefuseAsync(HttpResponseMessage answer, string kind)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, text);
        text.ShouldContain($"urn:hypernode:problem:{kind}");
        text.ShouldContain("the disk is full");
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
    }

    private sealed class FullIntake : IJobIntake
    {
        public Task<IntakeResult> SubmitAsync(JobSubmission submission, CancellationToken cancellationToken) =>
            throw new StorageUnavailableException(StorageCondition.Full, "the disk is full", new IOException("hunter2"));
    }
}
