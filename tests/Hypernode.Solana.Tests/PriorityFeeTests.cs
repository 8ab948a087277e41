namespace Hypernode.Solana.Tests;

public class PriorityFeeTests
{
    private readonly FakeRpc rpc = new();
    private readonly SkippingTime time = new();

    [Theory]
    [InlineData(75, "", 0ul)]
    [InlineData(75, "7", 7ul)]
    [InlineData(0, "9 1 5 3", 1ul)]
    [InlineData(50, "9 1 5 3", 3ul)]
    [InlineData(75, "9 1 5 3", 5ul)]
    [InlineData(100, "9 1 5 3", 9ul)]
    public void A_percentile_is_the_nearest_rank(int percentile, string fees, ulong expected) =>
        PriorityFeePolicy.PercentileOf([.. fees.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ulong.Parse)], percentile).ShouldBe(expected);

    [Theory]
    [InlineData(3ul, 100ul)]
    [InlineData(500ul, 500ul)]
    [InlineData(9_000_000ul, 1_000ul)]
    public async Task The_price_stays_within_its_bounds(ulong recent, ulong expected)
    {
        rpc.PriorityFees = () => [recent];
        (await Policy(new() { Least = 100, Most = 1_000 }).PriceAsync()).ShouldBe(expected);
    }

    [Fact]
    public async Task The_budget_is_a_limit_and_a_price_and_nothing_where_nothing_is_paid()
    {
        rpc.PriorityFees = () => [0, 0, 0];
        (await Policy(new()).BudgetAsync()).ShouldBeEmpty();
        rpc.PriorityFees = () => [77];
        var budget = await Policy(new() { ComputeUnits = 123_456 }).BudgetAsync();
        budget.Select(i => Convert.ToHexStringLower(i.Data)).ShouldBe(["0240e20100", "034d00000000000000"]);
    }

    [Fact]
    public async Task An_answer_is_kept_for_a_while_and_outlives_an_outage()
    {
        var asked = 0;
        rpc.PriorityFees = () => ++asked == 2 ? throw new RpcTransportException("getRecentPrioritizationFees", "reset") : [500];
        var policy = Policy(new() { Keep = TimeSpan.FromSeconds(5) });
        (await policy.PriceAsync()).ShouldBe(500ul);
        (await policy.PriceAsync()).ShouldBe(500ul);
        asked.ShouldBe(1);
        await Task.Delay(TimeSpan.FromSeconds(6), time);
        (await policy.PriceAsync()).ShouldBe(500ul, "what was known last");
        asked.ShouldBe(2);
    }

    [Fact]
    public async Task Who_was_never_answered_pays_the_least()
    {
        rpc.PriorityFees = () => throw new RpcException("getRecentPrioritizationFees", -32601, "Method not found");
        (await Policy(new() { Least = 5 }).PriceAsync()).ShouldBe(5ul);
    }

    [Theory]
    [InlineData(101, 0ul, 10ul, 1_000u)]
    [InlineData(-1, 0ul, 10ul, 1_000u)]
    [InlineData(50, 11ul, 10ul, 1_000u)]
    [InlineData(50, 0ul, 10ul, 0u)]
    [InlineData(50, 0ul, 10ul, 1_400_001u)]
    public void Senseless_options_are_refused(int percentile, ulong least, ulong most, uint units) =>
        Should.Throw<ArgumentException>(() => Policy(new() { Percentile = percentile, Least = least, Most = most, ComputeUnits = units }));

    private PriorityFeePolicy Policy(PriorityFeeOptions options) => new(rpc, time, [TokenProgram.ProgramIdKey], options);
}
