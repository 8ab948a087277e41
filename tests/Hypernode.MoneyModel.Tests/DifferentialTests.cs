using Hypernode.MoneyModel.Model;
using Hypernode.MoneyModel.Runs;

namespace Hypernode.MoneyModel.Tests;

/// <summary>One virtual machine for all of these; a sequence begins with everything as it was.</summary>
public sealed class Chain : IAsyncLifetime
{
    internal VirtualMachine Machine { get; private set; } = null!;

    public async Task InitializeAsync() => Machine = await VirtualMachine.StartAsync(ModelCommand.Root());

    public async Task DisposeAsync() => await Machine.DisposeAsync();
}

/// <summary>The long run is a command: <c>./hn programs model --sequences 10000</c>.</summary>
public sealed class DifferentialTests(Chain chain) : IClassFixture<Chain>
{
    private const ulong Seed = 20;

    private IReadOnlyList<Step> Sequence(int index) => Generator.Sequence(SeededRandom.Derive(Seed, (ulong)index), chain.Machine.Facts);

    [Fact]
    public async Task Model_and_chain_agree_on_every_error_and_every_balance()
    {
        var differential = new Differential(chain.Machine, new Rules());
        var done = new HashSet<Type>();
        var errors = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 150; i++)
        {
            var disagreement = await differential.PlayAsync(Sequence(i), (step, error) =>
            {
                if (error is null)
                    done.Add(step.GetType());
                else
                    errors.Add(error);
            });
            disagreement?.ToString().ShouldBeNull($"sequence {i} of seed {Seed}");
        }
        var kinds = typeof(Step).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Step)) && !t.IsAbstract).ToList();
        kinds.Except(done).ShouldBeEmpty("every kind of step succeeded at least once");
        errors.Count.ShouldBeGreaterThanOrEqualTo(36, string.Join(' ', errors));
    }

    /// <summary>A test that can't fail proves nothing: each of these is a bug of the model, or of the program if one likes.</summary>
    [Theory]
    [InlineData("the protocol's fee is a ninth")]
    [InlineData("the platform's fee is rounded otherwise")]
    [InlineData("an attestation may reach a second further")]
    [InlineData("the grace is a second shorter")]
    [InlineData("the payer's clock may run a millisecond further ahead")]
    [InlineData("a lifetime may be a millisecond longer")]
    [InlineData("a rotation is due a second earlier")]
    [InlineData("the rent goes to whoever asks")]
    [InlineData("an earlier attempt may come back")]
    public async Task A_wrong_rule_is_noticed(string bug)
    {
        var right = new Rules();
        var wrong = bug switch
        {
            "the protocol's fee is a ninth" => right with { ProtocolDivisor = 9 },
            "the platform's fee is rounded otherwise" => right with { PlatformDivisor = 21 },
            "an attestation may reach a second further" => right with { MaxAttestationAhead = right.MaxAttestationAhead + 1 },
            "the grace is a second shorter" => right with { RefundGrace = right.RefundGrace - 1 },
            "the payer's clock may run a millisecond further ahead" => right with { MaxSkewMs = right.MaxSkewMs + 1 },
            "a lifetime may be a millisecond longer" => right with { MaxLifetimeMs = right.MaxLifetimeMs + 1 },
            "a rotation is due a second earlier" => right with { RotationDelay = right.RotationDelay - 1 },
            "the rent goes to whoever asks" => right with { RentGoesBack = false },
            _ => right with { AttemptsRise = false },
        };
        var differential = new Differential(chain.Machine, wrong);
        for (var i = 0; i < 400; i++)
        {
            if (await differential.PlayAsync(Sequence(i)) is null)
                continue;
            var shrunk = await differential.ShrinkAsync(Sequence(i));
            (await differential.PlayAsync(shrunk)).ShouldNotBeNull();
            shrunk.Count.ShouldBeLessThanOrEqualTo(8, "what is left shows the bug and little else");
            return;
        }
        Assert.Fail($"400 sequences did not notice that {bug}");
    }

    [Fact]
    public void One_seed_is_one_sequence()
    {
        Sequence(3).Select(Lines.Write).ShouldBe(Sequence(3).Select(Lines.Write));
        Sequence(3).Select(Lines.Write).ShouldNotBe(Sequence(4).Select(Lines.Write));
    }
}
