namespace Hypernode.Api.Tests.Fuzzing;

/// <summary>A fixed small run; <c>./hn fuzz api</c> makes long ones.</summary>
public sealed class FuzzTests
{
    private const ulong Seed = 1;
    private const int Cases = 1_000;

    [Fact]
    public async Task Whatever_is_sent_the_API_answers_as_its_document_says_and_keeps_its_inside_to_itself()
    {
        var report = await new ApiFuzzer(Seed, Cases).RunAsync(null, CancellationToken.None);

        report.Finds.ShouldBeEmpty($"./hn fuzz api --seed {Seed} --case N shows one of them");
        report.Cases.ShouldBe(Cases);
        report.ByStatus.Keys.ShouldContain(200, "some requests are good ones");
        report.ByStatus[400].ShouldBeGreaterThan(Cases / 20, "and many reach the readers");
    }

    [Fact]
    public async Task Over_a_real_socket_it_does_the_same()
    {
        var report = await new ApiFuzzer(Seed + 1, 300, onSocket: true).RunAsync(null, CancellationToken.None);

        report.Finds.ShouldBeEmpty($"./hn fuzz api --socket --seed {Seed + 1} --case N shows one of them");
    }

    [Fact]
    public async Task A_seed_makes_the_same_cases_again()
    {
        var document = await Contract.ContractDocument.LoadAsync();
        await using var world = await Contract.ContractWorld.StartAsync();
        var (one, same, other) = (new CaseMaker(document, world, 7), new CaseMaker(document, world, 7), new CaseMaker(document, world, 8));

        var cases = Enumerable.Range(0, 50).Select(n => one.Make(n).ToString()).ToList();
        cases.ShouldBe(Enumerable.Range(0, 50).Select(n => same.Make(n).ToString()));
        cases.ShouldNotBe(Enumerable.Range(0, 50).Select(n => other.Make(n).ToString()));
    }
}
