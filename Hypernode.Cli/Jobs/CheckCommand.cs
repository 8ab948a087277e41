using System.CommandLine;
using System.Text.Json.Nodes;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Cli.Nodes;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job check</c>: what a job file comes to, or all that is wrong with it. Asks nobody.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "a job file (docs/jobs.md)" };
        var image = new Option<string?>("--image") { Description = "for @image of the file, which is left open otherwise" };
        NodeCommands.Refuse(image, t => NodeAgent.Execution.ImageReference.TryParse(t, out _) ? null : "must be name@sha256:… or sha256:…");
        file.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !File.Exists(token.Value))
            {
                result.AddError($"there is no file {token.Value}");
            }
        });
        var command = new Command(
            "check",
            """
            Say what is wrong with a job file, all of it, each with its line, column and field; or which jobs it comes to. Nothing is sent.
            Exit codes: 0 nothing is wrong, 1 something is.

            Examples:
              ./hn job check job.json
              ./hn job check sweep.json --json | jq -r '.jobs[].id'
            """)
        {
            file, image, Connection.Json,
        };
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            var path = parsed.GetRequiredValue(file).FullName;
            var (plan, problems) = await JobFileReader.ReadAsync(path, parsed.GetValue(image), cancellationToken, imageLater: true);
            await Connection.AnswerAsync(parsed, Answer(path, plan, problems), () => plan is null
                ? string.Join('\n', [$"{path} is no job:", .. problems.Select(p => $"  {p}")])
                : string.Join('\n', [$"{path}: {(plan.Jobs.Count == 1 ? "a job" : $"{plan.Jobs.Count} jobs")}", .. plan.IsPlain ? [] : plan.Jobs.Select(Describe)]));
            return plan is null ? 1 : 0;
        });
        return command;
    }

    private static string Describe(PlannedJob job) =>
        $"  {job.Id,-28} {(job.Amount is { } amount ? $"at most {amount} HYPER" : "amount by --amount")}{(job.Needs.Count == 0 ? "" : $", after {string.Join(", ", job.Needs)}")}";

    private static JsonObject Answer(string path, JobPlan? plan, IReadOnlyList<FileProblem> problems) => new()
    {
        ["file"] = path,
        ["ok"] = plan is not null,
        ["errors"] = new JsonArray([.. problems.Select(p => (JsonNode)new JsonObject
        {
            ["line"] = p.Line,
            ["column"] = p.Column,
            ["field"] = p.Field,
            ["message"] = p.Text,
            ["suggestion"] = p.Suggestion,
        })]),
        ["jobs"] = new JsonArray([.. (plan?.Jobs ?? []).Select(j => (JsonNode)new JsonObject
        {
            ["id"] = j.Id,
            ["step"] = j.Step,
            ["parameters"] = new JsonObject(j.Parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["needs"] = new JsonArray([.. j.Needs.Select(n => (JsonNode)n)]),
            ["amount"] = j.Amount?.BaseUnits,
            ["specHash"] = j.FromSteps.Count == 0 && j.Spec.Image != JobBody.ImageOfOption ? j.Spec.Hash().ToString() : null,
        })]),
    };
}
