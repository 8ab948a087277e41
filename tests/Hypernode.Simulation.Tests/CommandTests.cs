using Hypernode.Simulation.Runs;

namespace Hypernode.Simulation.Tests;

public class CommandTests
{
    [Theory]
    [InlineData("--jobs", "0")]
    [InlineData("--jobs", "many")]
    [InlineData("--seed", "one")]
    [InlineData("--threads", "0")]
    [InlineData("--only", "F27")]
    [InlineData("--without", "5")]
    public void A_bad_argument_is_named(string option, string value) =>
        SimCommand.Create().Parse([option, value]).Errors.ShouldHaveSingleItem().Message.ShouldContain(option);

    [Fact]
    public void Faults_are_chosen_by_their_ids() => SimCommand.Create().Parse(["--only", "f05,F12", "--without", "F12"]).Errors.ShouldBeEmpty();
}
