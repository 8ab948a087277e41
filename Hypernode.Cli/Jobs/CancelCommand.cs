using System.CommandLine;
using System.Text.Json.Nodes;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job cancel</c>.</summary>
internal static class CancelCommand
{
    public static Command Create()
    {
        var id = Connection.JobIdArgument();
        var command = new Command(
            "cancel",
            """
            Ask for a job's end: before a node has it all the money comes back, while it runs it is charged as metered.

            Examples:
              ./hn job cancel job-… --wallet wallet.json
            """)
        {
            id, Connection.Wallet, Connection.Api, Connection.Json,
        };
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            var jobId = parsed.GetRequiredValue(id);
            using var api = await Connection.SignInAsync(parsed, cancellationToken);
            await api.CancelAsync(jobId, cancellationToken);
            await Connection.AnswerAsync(parsed, new JsonObject { ["jobId"] = jobId, ["asked"] = true }, () => $"asked for the end of {jobId}\nfollow it: ./hn job watch {jobId}");
            return 0;
        });
        return command;
    }
}
