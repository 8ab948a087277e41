using Hypernode.Cli.Jobs.Files;

namespace Hypernode.Cli.Tests.Jobs;

public sealed class StepsFileTests : IDisposable
{
    private const string Image = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private readonly string _folder = Directory.CreateTempSubdirectory("hypernode-steps-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Steps_come_after_those_that_they_need_with_the_defaults_that_they_do_not_say()
    {
        var plan = (await ReadAsync(
            """
            "last": { "cmd": ["x"], "needs": ["first"], "inputs": [{ "name": "a", "from": "middle", "path": "o" }] },
            "middle": { "cmd": ["x"], "needs": ["first"], "limits": { "memoryMb": 64 } },
            "first": { "cmd": ["x"], "amount": "2" }
            """)).Plan!;
        plan.Jobs.Select(j => j.Id).ShouldBe(["first", "middle", "last"]);
        plan.Jobs[2].Needs.ShouldBe(["first", "middle"]);
        plan.Jobs[2].FromSteps.ShouldBe([new StepInput("a", "middle", "o")]);
        plan.Jobs.Select(j => (j.Spec.Limits.CpuMillis, j.Spec.Limits.MemoryMb)).ShouldBe([(100, 16), (100, 64), (100, 16)]);
        plan.Jobs.Select(j => j.Amount.ToString()).ShouldBe(["2.0", "0.5", "0.5"]);
    }

    [Fact]
    public async Task With_a_matrix_every_combination_runs_all_steps()
    {
        var plan = (await ReadAsync("""
            "a": { "cmd": ["${{ matrix.n }}"] }, "b": { "cmd": ["x"], "needs": ["a"] }
            """, """ "matrix": { "n": [1, 2] }, """)).Plan!;
        plan.Jobs.Select(j => j.Id).ShouldBe(["n=1/a", "n=1/b", "n=2/a", "n=2/b"]);
        plan.Jobs[3].Needs.ShouldBe(["n=2/a"]);
    }

    [Theory]
    [InlineData("""{ "cmd": ["x"], "needs": ["b"] }""", """{ "cmd": ["x"], "needs": ["a"] }""", "line 2, column 1, steps.a: the steps need each other in a circle: a needs b needs a")]
    [InlineData("""{ "cmd": ["x"], "needs": ["a"] }""", """{ "cmd": ["x"] }""", "steps.a.needs[0]: a step can't need itself")]
    [InlineData("""{ "cmd": ["x"], "needs": ["bb"] }""", """{ "cmd": ["x"] }""", "steps.a.needs[0]: there is no step bb; did you mean b?")]
    [InlineData("""{ "cmd": ["x"] }""", """{ "cmd": ["x"], "inputs": [{ "name": "x", "from": "c", "path": "o" }] }""", "steps.b.inputs[0].from: there is no step c")]
    [InlineData("""{ "cmd": ["x"], "outputs": ["words.txt"] }""", """{ "cmd": ["x"], "inputs": [{ "name": "x", "from": "a", "path": "word.txt" }] }""", "steps.b.inputs[0].path: a leaves no word.txt, by its outputs; did you mean words.txt?")]
    [InlineData("""{ "cmd": ["x"], "encryption": { "resultKey": "4Nd1mYQZUgBsBpPYrSeLP3fVfBUjk8J9V8JYwrrw6uyv" } }""", """{ "cmd": ["x"], "inputs": [{ "name": "x", "from": "a", "path": "o" }] }""", "is sealed to a wallet")]
    [InlineData("""{ }""", """{ "cmd": ["x"] }""", "steps.a: exactly one of script and cmd must be given")]
    [InlineData("""{ "cmd": ["x"], "limits": { "memroyMb": 1 } }""", """{ "cmd": ["x"] }""", "steps.a.limits.memroyMb: unknown field; did you mean memoryMb?")]
    public async Task What_is_wrong_with_steps_is_told_before_anything_is_paid(string a, string b, string told)
    {
        var problems = (await ReadAsync($"\"a\": {a},\n\"b\": {b}")).Problems;
        problems.ShouldContain(p => p.ToString().Contains(told), string.Join('\n', problems));
    }

    private async Task<(JobPlan? Plan, IReadOnlyList<FileProblem> Problems)> ReadAsync(string steps, string more = "")
    {
        var path = Path.Combine(_folder, "job.json");
        await File.WriteAllTextAsync(path, $$"""{ {{more}} "type": "custom", "image": "{{Image}}", "amount": "0.5", "limits": { "cpuMillis": 100, "memoryMb": 16 }, "estimatedTime": 5, "steps": {{{"\n"}}{{steps}} } }""");
        return await JobFileReader.ReadAsync(path, null, default);
    }
}
