using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

public sealed class SqliteRepeatsTests(SqliteFixture storage) : RepeatsTests(storage), IClassFixture<SqliteFixture>;

[Trait("Needs", "postgres")]
public sealed class PostgresRepeatsTests(PostgresFixture storage) : RepeatsTests(storage), IClassFixture<PostgresFixture>;

public abstract class RepeatsTests(StorageFixture storage)
{
    private readonly IRepeats _repeats = storage.Get<IRepeats>();
    private readonly Hash256 _request = NewHash();
    private readonly string _caller = NewId().ToString();

    [Fact]
    public async Task Of_many_at_once_one_is_the_first_and_its_answer_is_every_repeats()
    {
        var found = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => BeginAsync(_request, Now))));
        found.Count(f => f is RepeatFound.First).ShouldBe(1);
        found.Count(f => f is RepeatFound.UnderWay).ShouldBe(11);
        var answer = new KeptAnswer(202, "/api/jobs/x", "{\"ä\":1}");
        await _repeats.KeepAsync(_caller, "key", answer, None);
        (await BeginAsync(_request, Now.AddHours(23))).ShouldBe(new RepeatFound.Answered(answer));
        (await BeginAsync(NewHash(), Now)).ShouldBeOfType<RepeatFound.Another>();
    }

    [Fact]
    public async Task A_key_is_free_when_it_was_forgotten_cut_off_or_a_day_old()
    {
        (await BeginAsync(_request, Now)).ShouldBeOfType<RepeatFound.First>();
        await _repeats.ForgetAsync(_caller, "key", None);
        (await BeginAsync(NewHash(), Now)).ShouldBeOfType<RepeatFound.First>();
        (await BeginAsync(_request, Now.AddMinutes(3))).ShouldBeOfType<RepeatFound.First>(); // the one before was cut off
        await _repeats.KeepAsync(_caller, "key", new KeptAnswer(200, null, ""), None);
        await _repeats.ForgetAsync(_caller, "key", None); // an answer stays
        (await BeginAsync(_request, Now.AddMinutes(4))).ShouldBeOfType<RepeatFound.Answered>();
        (await BeginAsync(_request, Now.AddHours(25))).ShouldBeOfType<RepeatFound.First>();
    }

    private Task<RepeatFound> BeginAsync(Hash256 request, DateTimeOffset now) =>
        _repeats.BeginAsync(_caller, "key", request, now, now.AddMinutes(-2), now.AddHours(-24), None);
}
