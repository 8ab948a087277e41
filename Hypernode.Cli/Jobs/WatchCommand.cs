using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Client;
using Hypernode.Cli.Demo;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job watch</c> and <c>hn job logs</c>: what a job does, and what it says.</summary>
internal static class WatchCommand
{
    private static readonly Argument<string> Id = Connection.JobIdArgument();
    private static readonly Option<bool> Follow = new("--follow", "-f") { Description = "go on until the job has ended" };

    public static Command CreateWatch()
    {
        var command = new Command(
            "watch",
            """
            Tell a job's states as they come, then its outcome, charge and refund. Ctrl-C ends the watching, not the job.

            Examples:
              ./hn job watch job-… --wallet wallet.json
              ./hn job watch job-… --wallet wallet.json --json | jq .charge
            """)
        {
            Id, Connection.Wallet, Connection.Api, Connection.Json,
        };
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            using var api = await Connection.SignInAsync(parsed, cancellationToken);
            return await ToItsEndAsync(parsed, api, await Connection.JobOfAsync(api, parsed.GetRequiredValue(Id), cancellationToken), cancellationToken);
        });
        return command;
    }

    public static Command CreateLogs()
    {
        var command = new Command(
            "logs",
            """
            Print what a job has written. What would steer a terminal is made harmless; --json gives every chunk as it was signed.

            Examples:
              ./hn job logs job-… --wallet wallet.json
              ./hn job logs job-… --wallet wallet.json -f
              ./hn job logs job-… --wallet wallet.json --json | jq -r '.items[].data | @base64d'
            """)
        {
            Id, Follow, Connection.Wallet, Connection.Api, Connection.Json,
        };
        Connection.Handle(command, LogsAsync);
        return command;
    }

    /// <returns>0: it succeeded; 4: it did not.</returns>
    public static async Task<int> ToItsEndAsync(ParseResult parsed, ApiClient api, string jobId, CancellationToken cancellationToken)
    {
        var narrator = new Narrator(Terminal.Open(parsed.GetValue(Connection.Json)), TimeProvider.System);
        var progress = new JobProgress(narrator);
        await foreach (var item in api.FollowAsync(jobId, cancellationToken))
        {
            if (item.Kind == "log")
            {
                narrator.Log(item.Stream == "agent" ? "agent" : $"attempt {item.Attempt}", item.Text ?? "");
            }
            else
            {
                await progress.ShowAsync(api, jobId, cancellationToken);
            }
        }

        var job = await progress.ShowAsync(api, jobId, cancellationToken);
        await Connection.AnswerAsync(parsed, await api.WholeJobAsync(jobId, cancellationToken), () => Describe(job));
        return Succeeded(job) ? 0 : ExitCodes.JobFailed;
    }

    internal static bool Succeeded(JobAnswer job) => job is { State: JobStateNames.Paid, Outcome: nameof(Verdict.Succeeded) };

    internal static string Describe(JobAnswer job) =>
        $"{job.JobId}: {job.State}{(job.Outcome is { } outcome ? $", {outcome}" : "")}; charged {new HyperAmount(job.Charge)} HYPER, {new HyperAmount(job.Refund)} came back";

    private static async Task<int> LogsAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(Connection.Json);
        using var api = await Connection.SignInAsync(parsed, cancellationToken);
        var jobId = await Connection.JobOfAsync(api, parsed.GetRequiredValue(Id), cancellationToken);
        if (parsed.GetValue(Follow))
        {
            await foreach (var item in api.FollowAsync(jobId, cancellationToken))
            {
                if (item is { Kind: "log", Text: { } text })
                {
                    await (json ? Console.Error : parsed.InvocationConfiguration.Output).WriteAsync(Terminal.Harmless(text.EndsWith('\n') ? text : text + "\n"));
                }
            }

            if (!json)
            {
                return 0;
            }
        }

        var chunks = await api.LogChunksAsync(jobId, cancellationToken);
        await (json
            ? parsed.InvocationConfiguration.Output.WriteLineAsync(new JsonObject { ["jobId"] = jobId, ["items"] = new JsonArray([.. chunks]) }.ToJsonString())
            : parsed.InvocationConfiguration.Output.WriteAsync(Terminal.Harmless(TextOf(chunks))));
        return 0;
    }

    /// <summary>A character may be cut between two chunks: the bytes are put together first.</summary>
    internal static string TextOf(IEnumerable<JsonNode> chunks) =>
        Encoding.UTF8.GetString([.. chunks.SelectMany(c => Convert.FromBase64String(c["data"]!.GetValue<string>()))]);
}
