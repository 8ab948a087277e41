using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Contracts.Money;
using Spectre.Console;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>What a run looks like while it goes on: a table that lives on a terminal, lines elsewhere, a JSON object a line for programs.</summary>
internal sealed class RunScreen(IAnsiConsole console, TextWriter output, bool json, string folder, RunState state, TimeProvider time)
{
    private const int MaxRows = 24;
    private const int MinForIds = 100;
    private readonly long _started = time.GetTimestamp();
    private readonly Lock _writing = new();

    /// <param name="work">Calls what it is given whenever something is new.</param>
    public async Task ShowAsync(Func<Action<RunNews>, Task> work)
    {
        if (json)
        {
            await work(Line);
        }
        else if (console.Profile.Capabilities is { Interactive: true, Ansi: true })
        {
            console.Profile.Width = Math.Max(40, Console.WindowWidth); // a row that folds could not be drawn over
            await console.Live(Table()).StartAsync(async live =>
            {
                await work(_ => { lock (_writing) { live.UpdateTarget(Table()); } });
                live.UpdateTarget(Table());
            });
        }
        else
        {
            await work(Tell);
        }
    }

    /// <summary>Of a whole run, in a line or two.</summary>
    public static string Summary(string folder, RunState state) => $"{state.Plan.Run}: {Counts(state)}\nresults: {folder}";

    private static string Counts(RunState state)
    {
        var jobs = state.Jobs.ToList();
        var done = jobs.Count(j => j.Ended is { Succeeded: true });
        var failed = jobs.Count(j => j.Ended is { Succeeded: false });
        var stopped = jobs.Count(j => j.Stopped is not null);
        var charged = jobs.Aggregate(HyperAmount.Zero, (sum, j) => sum + j.Charged);
        return $"{done} of {jobs.Count} done{(failed > 0 ? $", {failed} failed" : "")}{(stopped > 0 ? $", {stopped} not begun" : "")}; "
            + $"charged {charged} of at most {state.Plan.Total} HYPER";
    }

    private void Line(RunNews news)
    {
        var line = new JsonObject { ["event"] = news.Event, ["run"] = state.Plan.Run };
        foreach (var (name, value) in news.Job is null ? [] : RunIndex.OfJob(folder, news.Job))
        {
            line[name] = value?.DeepClone();
        }

        lock (_writing)
        {
            output.WriteLine(line.ToJsonString());
            output.Flush();
        }
    }

    private void Tell(RunNews news)
    {
        var text = news switch
        {
            { Event: RunEvents.Uploaded or RunEvents.Fetched } => null,
            { Event: RunEvents.Cancelled } => "cancelled: nothing more is begun, what runs is asked to end",
            { Event: "unreachable", Job: { } job } => $"{job.Job.Id,-28} the API does not answer; it is asked again",
            { Event: RunEvents.Stopped, Job: { } job } => $"{job.Job.Id,-28} not begun: {job.Stopped}",
            { Event: RunEvents.Signed, Job: { } job } => $"{job.Job.Id,-28} signed     {job.Signed!.JobId} for at most {job.Amount} HYPER",
            { Event: RunEvents.Ended, Job: { Ended: { } ended } job } => $"{job.Job.Id,-28} {job.Status}; charged {new HyperAmount(ended.Charge)}, {new HyperAmount(ended.Refund)} came back",
            { Job: { } job } => $"{job.Job.Id,-28} {job.Status}",
            _ => null,
        };
        lock (_writing)
        {
            if (text is not null)
            {
                console.WriteLine($"{time.GetElapsedTime(_started).TotalSeconds,6:0.0} s  {Terminal.Harmless(text)}");
            }
        }
    }

    private Table Table()
    {
        var jobs = state.Jobs.ToList();
        var wide = console.Profile.Width >= MinForIds;
        var table = new Table().Border(TableBorder.Rounded).AddColumns("job", "status");
        table = (wide ? table.AddColumn("id") : table).AddColumn(new TableColumn("charged").RightAligned());
        foreach (var job in jobs.OrderBy(j => j.IsOver ? 2 : j.Signed is null ? 1 : 0).Take(MaxRows))
        {
            string[] row = [Markup.Escape(job.Job.Id), $"[{Colour(job)}]{Markup.Escape(Terminal.Harmless(job.Status))}[/]", .. wide ? new[] { job.Signed?.JobId ?? "" } : []];
            table.AddRow([.. row, job.Ended is { } ended ? new HyperAmount(ended.Charge).ToString() : ""]);
        }

        var summary = Counts(state);
        return table.Caption(Markup.Escape(jobs.Count > MaxRows ? $"{summary} ({jobs.Count - MaxRows} more)" : summary));
    }

    private static string Colour(JobRun job) => job switch
    {
        { Ended.Succeeded: true } => "green",
        { Ended: not null } => "red",
        { Stopped: not null } => "yellow",
        { Signed: not null } => "aqua",
        _ => "grey",
    };
}
