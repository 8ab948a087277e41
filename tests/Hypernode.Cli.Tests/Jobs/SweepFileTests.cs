using Hypernode.Cli.Jobs.Files;

namespace Hypernode.Cli.Tests.Jobs;

public sealed class SweepFileTests : IDisposable
{
    private const string Image = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-sweep-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_matrix_is_a_job_for_each_combination()
    {
        var plan = await PlanAsync("""{ "lr": [0.1, 0.01], "seed": [1, 2, 3], "exclude": [{ "lr": 0.1, "seed": 3 }], "include": [{ "lr": 1e-3, "seed": 9 }] }""");
        plan.Jobs.Select(j => j.Id).ShouldBe(["lr=0.1,seed=1", "lr=0.1,seed=2", "lr=0.01,seed=1", "lr=0.01,seed=2", "lr=0.01,seed=3", "lr=1e-3,seed=9"]);
        plan.Jobs[2].Parameters.ShouldBe(new Dictionary<string, string> { ["lr"] = "0.01", ["seed"] = "1" });
        plan.Jobs.Select(j => j.Spec.Hash()).Distinct().Count().ShouldBe(6);
        (plan.IsPlain, plan.Concurrency).ShouldBe((false, 4));
    }

    [Fact]
    public async Task Parameters_stand_where_they_are_named_as_they_are_written()
    {
        var job = (await PlanAsync(
            """{ "lr": [0.10], "mb": [64], "name": ["it's"] }""",
            """ "cmd": ["train", "--lr=${{ matrix.lr }}", "${{matrix.name}}", "$${{ matrix.lr }}"], "limits": { "cpuMillis": 100, "memoryMb": "${{ matrix.mb }}" }, "estimatedTime": "${{ matrix.mb }}" """)).Jobs.ShouldHaveSingleItem();
        job.Spec.Cmd.ShouldBe(["train", "--lr=0.10", "it's", "${{ matrix.lr }}"]);
        (job.Spec.Limits.MemoryMb, job.Spec.EstimatedTime).ShouldBe((64, 64));
        job.Id.ShouldBe("lr=0.10,mb=64,name=it_s");
    }

    [Fact]
    public async Task Names_that_would_be_one_folder_are_told_apart()
    {
        var plan = await PlanAsync("""{ "path": ["a/b", "a?b", "../x"] }""", """ "cmd": ["${{ matrix.path }}"], "limits": { "cpuMillis": 100, "memoryMb": 16 }, "estimatedTime": 5 """);
        plan.Jobs.Select(j => j.Id).ShouldBe(["path=a_b", "path=a_b-2", "path=.._x"]);
    }

    [Theory]
    [InlineData("""{ "lr": [1] }""", "${{ matrix.rl }}", "cmd[0]: matrix.rl is no parameter of the matrix; did you mean lr?")]
    [InlineData("""{ "lr": [1] }""", "${{ env.X }}", "is none of ${{ matrix.NAME }}")]
    [InlineData("""{ "lr": [1] }""", "${{ matrix.lr", "is none of ${{ matrix.NAME }}")]
    [InlineData("""{ "lr": ["${{ matrix.lr }}"] }""", "x", "a value is put in as it is")]
    [InlineData("""{ "lr": [1], "include": [{ "lr": "${{ matrix.lr }}" }] }""", "x", "a value is put in as it is")]
    [InlineData("""{ "lr": [1, 1.0, 1] }""", "x", "matrix.lr: has a value twice")]
    [InlineData("""{ "lr": [1], "exclude": [{ "rl": 1 }] }""", "x", "matrix.exclude[0].rl: is no parameter of the matrix; did you mean lr?")]
    [InlineData("""{ "lr": [1, 2], "exclude": [{ "lr": 3 }] }""", "x", "matrix.exclude[0].lr: is no value of lr: it would exclude nothing")]
    [InlineData("""{ "lr": [1], "exclude": [{ "lr": 1 }] }""", "x", "leaves no combination")]
    [InlineData("""{ "lr": [1], "b": [1], "include": [{ "lr": 2 }] }""", "x", "must give each parameter a value, and b has none")]
    [InlineData("""{ "lr": [1], "include": [{ "lr": 1 }] }""", "x", "is there already: it would be paid for twice")]
    [InlineData("""{ "a": [1,2,3,4,5,6,7,8], "b": [1,2,3,4,5,6,7,8], "c": [1,2,3,4,5] }""", "x", "comes to 320 jobs; a run has at most 256")]
    public async Task What_is_wrong_with_a_matrix_is_told(string matrix, string word, string told) =>
        (await ProblemsAsync(matrix, $$""" "cmd": ["{{word}}"], "limits": { "cpuMillis": 100, "memoryMb": 16 }, "estimatedTime": 5 """)).ShouldContain(p => p.ToString().Contains(told), string.Join('\n', await ProblemsAsync(matrix, $$""" "cmd": ["{{word}}"], "limits": { "cpuMillis": 100, "memoryMb": 16 }, "estimatedTime": 5 """)));

    [Fact]
    public async Task A_huge_matrix_is_refused_before_it_is_made()
    {
        var twelve = string.Join(',', Enumerable.Range(0, 12).Select(i => $"\"p{i}\": [{string.Join(',', Enumerable.Range(0, 200))}]"));
        (await ProblemsAsync($"{{ {twelve} }}")).ShouldContain(p => p.Text.Contains("combinations"));
    }

    [Fact]
    public async Task A_value_that_does_not_fit_is_told_where_it_is_put()
    {
        var problem = (await ProblemsAsync("""{ "mb": [16, 5] }""", """ "cmd": ["x"], "limits": { "cpuMillis": 100, "memoryMb": "${{ matrix.mb }}" }, "estimatedTime": 5 """)).ShouldHaveSingleItem();
        (problem.Field, problem.Text).ShouldBe(("limits.memoryMb", "must be from 6 to 262144"));
    }

    [Fact]
    public async Task Nothing_is_put_into_a_scripts_file()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "s.sh"), "echo ${{ matrix.a }}");
        (await ProblemsAsync("""{ "a": [1] }""", """ "script": "@s.sh", "limits": { "cpuMillis": 100, "memoryMb": 16 }, "estimatedTime": 5 """)).ShouldHaveSingleItem().Text.ShouldContain("by env");
    }

    private async Task<JobPlan> PlanAsync(string matrix, string? job = null)
    {
        var (plan, problems) = await ReadAsync(matrix, job);
        problems.ShouldBeEmpty();
        return plan!;
    }

    private async Task<IReadOnlyList<FileProblem>> ProblemsAsync(string matrix, string? job = null) => (await ReadAsync(matrix, job)).Problems;

    private async Task<(JobPlan? Plan, IReadOnlyList<FileProblem> Problems)> ReadAsync(string matrix, string? job)
    {
        var path = Path.Combine(_folder, "job.json");
        job ??= """ "cmd": ["train", "${{ matrix.lr }}", "${{ matrix.seed }}"], "limits": { "cpuMillis": 100, "memoryMb": 16 }, "estimatedTime": 5 """;
        await File.WriteAllTextAsync(path, $$"""{ "type": "custom", "image": "{{Image}}", {{job}}, "matrix": {{matrix}} }""");
        return await JobFileReader.ReadAsync(path, null, default);
    }
}
