using Hypernode.NodeAgent.Adapters.RabbitMq;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

public sealed class PatientTakingTests
{
    private readonly FakeTime _time = new();
    private readonly ListLogger<PatientTakingTests> _log = new();
    private readonly List<DateTimeOffset> _tries = [];

    [Fact]
    public async Task A_command_is_tried_again_with_pauses_that_grow_to_five_seconds()
    {
        var taking = new PatientTaking(_time, _log).TryAsync(_ => Try(succeedsAt: 8), default);
        await _time.AdvanceUntilAsync(() => taking.IsCompleted, TimeSpan.FromMinutes(1));

        (await taking).ShouldBeTrue();
        _tries.Zip(_tries.Skip(1), (a, b) => (b - a).TotalSeconds).ShouldBe([0.25, 0.5, 1, 2, 4, 5, 5], 0.11);
        _log.Lines.Count.ShouldBe(1);
    }

    [Fact]
    public async Task After_ten_minutes_it_is_given_back()
    {
        var taking = new PatientTaking(_time, _log).TryAsync(_ => Try(succeedsAt: int.MaxValue), default);
        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return taking.IsCompleted;
        });

        (await taking).ShouldBeFalse();
        (_tries[^1] - _tries[0]).TotalMinutes.ShouldBeGreaterThanOrEqualTo(10);
    }

    [Fact]
    public async Task A_closed_channel_ends_the_wait()
    {
        using var closed = new CancellationTokenSource();
        var taking = new PatientTaking(_time, _log).TryAsync(_ => Try(succeedsAt: int.MaxValue), closed.Token);
        await closed.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => taking);
    }

    private Task Try(int succeedsAt)
    {
        _tries.Add(_time.GetUtcNow());
        return _tries.Count == succeedsAt ? Task.CompletedTask : throw new IOException("the disk is full");
    }
}
