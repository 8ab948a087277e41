using Hypernode.Cli.Client;
using Hypernode.Solana;

namespace Hypernode.Cli.Tests;

/// <summary>docs/cli.md has the same table: a script can tell "not now" from "never".</summary>
public sealed class ExitCodeTests
{
    [Theory]
    [InlineData(400, 3)]
    [InlineData(401, 3)]
    [InlineData(403, 3)]
    [InlineData(409, 3)]
    [InlineData(402, 7)]
    [InlineData(404, 5)]
    [InlineData(410, 5)]
    [InlineData(429, 6)]
    [InlineData(500, 6)]
    [InlineData(503, 6)]
    public void A_refusal_by_its_kind(int status, int code) => ExitCodes.Of(new RefusedException(status, null, "no")).ShouldBe(code);

    [Fact]
    public void Who_does_not_answer_is_unavailable()
    {
        foreach (var silent in new Exception[] { new HttpRequestException("refused"), new TimeoutException(), new TaskCanceledException("", new TimeoutException()) })
        {
            ExitCodes.Of(silent).ShouldBe(6);
        }
    }

    [Fact]
    public void Anything_else_is_a_failure_and_what_we_say_ourselves_says_its_own()
    {
        ExitCodes.Of(new IOException("full")).ShouldBe(1);
        ExitCodes.Of(new CliException("no")).ShouldBe(1);
        ExitCodes.Of(new CliException("no") { ExitCode = ExitCodes.Usage }).ShouldBe(2);
    }

    [Fact]
    public void The_table_in_the_documentation_is_this_one()
    {
        var documented = File.ReadLines(Path.Combine(Adapters.Repository.Find().Root, "docs", "cli.md"))
            .SkipWhile(l => l != "## Exit codes")
            .Where(l => l.StartsWith("| ", StringComparison.Ordinal) && char.IsDigit(l[2])).Select(l => int.Parse(l.Split('|')[1])).ToList();
        var codes = typeof(ExitCodes).GetFields().Where(f => f.IsLiteral).Select(f => (int)f.GetRawConstantValue()!);
        documented.ShouldBe(codes.Order());
    }

    [Fact]
    public async Task A_program_that_runs_ends_with_them()
    {
        (await HnProgram.RunAsync("job", "nonsense")).Code.ShouldBe(2);
        (await HnProgram.RunAsync("config", "get", "apj")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(2), r => r.Error.ShouldContain("did you mean api?"));
        (await HnProgram.RunAsync("config", "get", "wallet")).Code.ShouldBe(5);
        (await HnProgram.RunAsync("wallet", "balance", "--wallet", await HnProgram.WalletAsync(), "--rpc", "http://127.0.0.1:1")).Code.ShouldBe(6);
    }
}
