using System.Collections.Frozen;
using System.Reflection;
using MassTransit;

namespace Hypernode.Sagas.Engine;

/// <summary>Raises events on a job without a bus: by the message's type, for each message is one event of the machine.</summary>
public sealed class MachineDriver
{
    private readonly FrozenDictionary<Type, Func<JobState, object, Task>> _raise;
    private readonly FrozenSet<(string State, Type Message)> _met;

    public MachineDriver(JobStateMachine machine)
    {
        var raiser = typeof(MachineDriver).GetMethod(nameof(Raiser), BindingFlags.NonPublic | BindingFlags.Static)!;
        _raise = ((StateMachine)machine).Events
            .Select(e => (Event: e, Message: MessageOf(e.GetType())))
            .Where(e => e.Message is not null && typeof(Contracts.Jobs.IJobMessage).IsAssignableFrom(e.Message))
            .ToFrozenDictionary(
                e => e.Message!,
                e => (Func<JobState, object, Task>)raiser.MakeGenericMethod(e.Message!).Invoke(null, [machine, e.Event])!);
        _met = ((StateMachine)machine).States
            .SelectMany(s => ((StateMachine)machine).NextEvents(s).Select(e => (s.Name, Message: MessageOf(e.GetType())!)))
            .Where(m => m.Message is not null)
            .ToFrozenSet();
    }

    /// <exception cref="ArgumentException">Not an event of the machine.</exception>
    /// <exception cref="InvalidOperationException">The job's state neither handles nor ignores it: it came before the job's submission.</exception>
    public Task RaiseAsync(JobState job, object message)
    {
        if (!_raise.TryGetValue(message.GetType(), out var raise))
        {
            throw new ArgumentException($"{message.GetType().Name} is no event of a job", nameof(message));
        }

        return _met.Contains((job.CurrentState, message.GetType()))
            ? raise(job, message)
            : throw new InvalidOperationException($"{message.GetType().Name} is nothing for a job in {job.CurrentState}");
    }

    private static Type? MessageOf(Type type) => type.GetInterfaces()
        .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(Event<>))?.GetGenericArguments()[0];

    private static Func<JobState, object, Task> Raiser<T>(StateMachine<JobState> machine, Event<T> raised)
        where T : class => (job, message) => machine.RaiseEvent(new MachineContext<T>(machine, job, raised, (T)message));
}
