using System.Text.Json;

namespace Hypernode.Cli.Jobs.Files;

/// <summary>From a job file to the jobs that it comes to, or to everything that is wrong with it.</summary>
internal static class JobFileReader
{
    private const int MaxProblems = 100;

    /// <param name="image">Instead of the file's, or of its <c>@image</c> where it has steps; null: the file's own.</param>
    /// <param name="imageLater">The image may stay open where it is @image.</param>
    /// <returns>The plan, or what is wrong in the order of the file: one of the two.</returns>
    public static async Task<(JobPlan? Plan, IReadOnlyList<FileProblem> Problems)> ReadAsync(
        string path, string? image, CancellationToken cancellationToken, bool imageLater = false)
    {
        var problems = new List<FileProblem>();
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var plan = JsonTree.Read(await File.ReadAllBytesAsync(path, cancellationToken), problems) is { } file
            ? Read(file, new JobBody(folder, problems, imageLater), image, problems)
            : null;
        return problems.Count == 0 ? (plan, []) : (null, [.. problems.DistinctBy(p => (p.Line, p.Column, p.Text, p.Field[(p.Field.LastIndexOf('.') + 1)..])).OrderBy(p => (p.Line, p.Column)).Take(MaxProblems)]);
    }

    private static JobPlan? Read(Node file, JobBody body, string? image, List<FileProblem> problems)
    {
        JobSchema.Published.Check(file, problems);
        if (file.Kind != JsonValueKind.Object)
        {
            return null;
        }

        file = WithImage(file, image); // what it replaces must be right all the same: the file is read by its own words
        var matrix = file["matrix"];
        Substitution.Check(file, "", Matrix.Names(matrix), problems);
        var combinations = Matrix.Expand(matrix, problems);
        var steps = file["steps"] is { Kind: JsonValueKind.Object } written
            ? written with { Members = [.. written.Members.Select(m => m with { Value = m.Value.Kind == JsonValueKind.Object ? WithImageOf(Steps.Merge(file, m.Value), image) : m.Value })] }
            : null;
        var order = steps is null ? [] : Steps.Order(steps, out _);
        if (steps is not null)
        {
            Steps.Check(steps, problems);
        }

        var count = combinations.Count * Math.Max(1, steps?.Members.Count ?? 1);
        if (count > Matrix.MaxJobs)
        {
            problems.Add(FileProblem.At(matrix ?? file, matrix is null ? "" : "matrix", $"comes to {count} jobs; a run has at most {Matrix.MaxJobs}"));
        }

        var names = Names(combinations);
        var jobs = new List<PlannedJob?>();

        // Too many to look at each: the first speaks for all.
        for (var c = 0; c < (count > Matrix.MaxJobs ? Math.Min(1, combinations.Count) : combinations.Count); c++)
        {
            var prefix = combinations[c] == Combination.None ? "" : names[c];
            if (steps is null)
            {
                jobs.Add(body.Read(Substitution.Apply(file.Without("matrix"), combinations[c]), "", prefix.Length == 0 ? "job" : prefix, null, combinations[c], static name => name));
                continue;
            }

            string IdOf(string step) => prefix.Length == 0 ? step : $"{prefix}/{step}";
            jobs.AddRange(order.Select(step => body.Read(Substitution.Apply(steps[step]!, combinations[c]), $"steps.{step}", IdOf(step), step, combinations[c], IdOf)));
        }

        return problems.Count == 0
            ? new JobPlan([.. jobs.Select(j => j!)], (int)(file.IntegerOf("concurrency") ?? JobPlan.DefaultConcurrency), matrix is null && steps is null)
            : null;
    }

    private static Node WithImage(Node file, string? image) =>
        image is null || file["image"] is not { Kind: JsonValueKind.String } own || (file["steps"] is not null && own.Text != JobBody.ImageOfOption) ? file
            : file.With("image", own with { Text = image });

    private static Node WithImageOf(Node step, string? image) =>
        image is not null && step["image"] is { Text: JobBody.ImageOfOption } own ? step.With("image", own with { Text = image }) : step;

    /// <summary>Folders' names: what is cut off or replaced may make two alike.</summary>
    private static IReadOnlyList<string> Names(IReadOnlyList<Combination> combinations)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var names = new List<string>();
        foreach (var combination in combinations)
        {
            var name = combination.Name.TrimStart('.');
            for (var i = 2; !taken.Add(name); i++)
            {
                name = $"{combination.Name}-{i}";
            }

            names.Add(name);
        }

        return names;
    }
}
