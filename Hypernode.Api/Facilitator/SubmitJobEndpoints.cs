using Hypernode.Api.Http;
using Hypernode.Api.OpenApi;
using Hypernode.Api.Reading;
using Hypernode.Api.X402;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hypernode.Api.Facilitator;

/// <summary>The front door of the workflow. No session: the signature is the authority, or the payment itself.</summary>
internal static class SubmitJobEndpoints
{
    public static void MapSubmitJob(this IEndpointRouteBuilder app) =>
        app.MapPost("/submit-job", (HttpRequest request, SubmitJob submit, CancellationToken cancellationToken) =>
                submit.HandleAsync(request, cancellationToken))
            .TakesJson<SubmitJobRequest>()
            .Answers<SubmitJobAnswer>(202)
            .Produces<PaymentRequired>(StatusCodes.Status402PaymentRequired, Problem.ContentType)
            .Or<Problem>(StatusCodes.Status402PaymentRequired)
            .Refuses(409, 503)
            .TakesHeader(X402Headers.PaymentV2, "x402 v2: the payment, JSON in base64")
            .TakesHeader(X402Headers.PaymentV1, "x402 v1: the payment, JSON in base64")
            .TakesHeader("Prefer", "open-account: have the deposit account opened before payment (signed in as the payer)")
            .NeedsStorage()
            .KeepsAnswers()
            .WithSummary("A job with its signed payment intent, or paid for by x402. The same body again gets the same answer.");
}

/// <summary>The order of its checks is protocol A8 to A10: form, times, authority, deadline, inputs; only then is anything written.</summary>
internal sealed class SubmitJob(
    BodyReader reader,
    IEscrow escrow,
    IJobReader jobs,
    IJobIntake intake,
    IBlobStore blobs,
    INodeDirectory nodes,
    PaidSubmission paid,
    TimeProvider time,
    IntentCounters counters,
    IOptions<ApiOptions> options,
    IOptions<WorkflowWindows> windows)
{
    public async Task<IResult> HandleAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var (body, errors) = await reader.ReadObjectAsync(request, cancellationToken);
            var submission = Submission.Read(body, options.Value.AllowedImages, escrow);
            return submission.IsUnsigned
                ? await paid.HandleAsync(request, submission, errors, cancellationToken)
                : await SubmitAsync(submission, errors, cancellationToken);
        }
        catch (RefusedException)
        {
            counters.Count("refused");
            throw;
        }
    }

    private async Task<IResult> SubmitAsync(Submission submission, FieldErrors errors, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();

        // A repeat must get its answer even when its intent has run out since, or our limits have changed.
        var isRepeat = submission.IsSameAs(await jobs.FindAsync(submission.Intent.JobId, cancellationToken));
        submission.CheckTimes(now, allowExpired: isRepeat, errors);
        errors.ThrowIfAny();
        submission.CheckAuthority(escrow);
        if (!isRepeat)
        {
            submission.CheckSettleBy(windows.Value, now, errors);
            await submission.CheckInputsAsync(blobs, errors, cancellationToken);
            await submission.CheckNodesAsync(nodes, errors, cancellationToken);
            errors.ThrowIfAny();
        }

        var result = await intake.SubmitAsync(submission.ToJobSubmission(now), cancellationToken);
        counters.Count(result switch
        {
            IntakeResult.Accepted => "accepted",
            IntakeResult.Repeated => "repeated",
            _ => "conflict",
        });
        return result is IntakeResult.Accepted or IntakeResult.Repeated ? Accepted(submission.Intent.JobId) : Refused(result);
    }

    public static Problem Refused(IntakeResult result) => result switch
    {
        IntakeResult.NonceUsed => Used("nonce-used", "/paymentIntent/nonce", "this wallet has used this nonce before"),
        IntakeResult.IntentUsed => Used("intent-used", "/paymentIntent/intentId", "this intent was submitted with another body"),
        _ => Used("job-used", "/paymentIntent/jobId", "this job was submitted with another intent"),
    };

    private static Problem Used(string kind, string pointer, string detail) =>
        Problem.Conflict(kind, detail, [new FieldError(pointer, kind, detail)]);

    private static AcceptedAnswer Accepted(JobId job) => new(SubmitJobAnswer.Of(job));

    /// <summary>202, with the job's address.</summary>
    private sealed record AcceptedAnswer(SubmitJobAnswer Body) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.Location = Body.Links.Job;
            return ApiJson.Answer(Body, StatusCodes.Status202Accepted).ExecuteAsync(httpContext);
        }
    }
}

public sealed record SubmitJobAnswer(string JobId, string State, string Status, JobLinks Links)
{
    public static SubmitJobAnswer Of(JobId job) =>
        new(job.ToString(), JobStateNames.Submitted, JobStateNames.ToStatus(JobStateNames.Submitted), JobLinks.Of(job));
}

/// <summary>Where to go on from a job.</summary>
public sealed record JobLinks(string Job, string Logs, string Result, string Cancel)
{
    public static JobLinks Of(JobId job) =>
        new($"/api/jobs/{job}", $"/api/jobs/{job}/logs", $"/api/jobs/{job}/result", $"/api/jobs/cancel/{job}");
}
