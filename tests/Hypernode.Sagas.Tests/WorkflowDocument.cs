using System.Text;
using Hypernode.Contracts.Jobs;
using MassTransit;
using MassTransit.SagaStateMachine;

namespace Hypernode.Sagas.Tests;

/// <summary>docs/workflow.md, from the machine itself: the diagram, and the table of every state and event.</summary>
internal sealed class WorkflowDocument : StateMachineVisitor
{
    private readonly Dictionary<(string State, string Event), List<string>> _moves = [];
    private readonly HashSet<(string State, string Event)> _handled = [];
    private string _state = "";
    private string _event = "";

    private WorkflowDocument(JobStateMachine machine) => machine.Accept(this);

    public static string Render()
    {
        var machine = new JobStateMachine(new WorkflowWindows());
        var seen = new WorkflowDocument(machine);
        var states = machine.States.Select(s => s.Name).Where(s => s != "Final").ToList();
        var text = new StringBuilder();
        text.AppendLine("# The life of a job");
        text.AppendLine();
        text.AppendLine("Generated from `Hypernode.Sagas/JobStateMachine.cs`; a stale copy fails a test (`HYPERNODE_UPDATE_DOCS=1` rewrites it).");
        text.AppendLine();
        text.AppendLine("```mermaid");
        text.AppendLine("stateDiagram-v2");
        foreach (var from in states)
        {
            foreach (var to in seen._moves.Where(m => m.Key.State == from).SelectMany(m => m.Value.Select(v => (m.Key.Event, To: v))).GroupBy(m => m.To))
            {
                text.AppendLine($"    {(from == "Initial" ? "[*]" : from)} --> {to.Key} : {string.Join(", ", to.Select(m => m.Event[2..]).Distinct())}");
            }

            if (JobStateNames.IsTerminal(from))
            {
                text.AppendLine($"    {from} --> [*]");
            }
        }

        text.AppendLine("```");
        text.AppendLine();
        text.AppendLine("## Every state and event");
        text.AppendLine();
        text.AppendLine("`→ X`: goes there (the last of several is where it rests) · `●`: handled, stays · blank: ignored on purpose, the reason stands in the machine.");
        text.AppendLine();
        text.AppendLine($"| event | {string.Join(" | ", states)} |");
        text.AppendLine($"|---|{string.Concat(states.Select(_ => "---|"))}");
        foreach (var e in machine.Events.Select(e => e.Name).Where(e => e.StartsWith("On", StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal))
        {
            text.AppendLine($"| {e[2..]} | {string.Join(" | ", states.Select(s => seen.Cell(s, e)))} |");
        }

        return text.ToString();
    }

    private string Cell(string state, string e) =>
        _moves.TryGetValue((state, e), out var to) ? "→ " + string.Join(", ", to.Distinct())
        : _handled.Contains((state, e)) ? "●" : "";

    public void Visit(State state, Action<State> next)
    {
        _state = state.Name;
        next(state);
    }

    public void Visit(Event @event, Action<Event> next)
    {
        _event = @event.Name;
        next(@event);
    }

    public void Visit<TMessage>(Event<TMessage> @event, Action<Event<TMessage>> next)
        where TMessage : class
    {
        _event = @event.Name;
        next(@event);
    }

    public void Visit(IStateMachineActivity activity) => Note(activity);

    public void Visit(IStateMachineActivity activity, Action<IStateMachineActivity> next)
    {
        Note(activity);
        next(activity);
    }

    public void Visit<T>(IBehavior<T> behavior)
        where T : class, SagaStateMachineInstance
    {
    }

    public void Visit<T>(IBehavior<T> behavior, Action<IBehavior<T>> next)
        where T : class, SagaStateMachineInstance => next(behavior);

    public void Visit<T, TMessage>(IBehavior<T, TMessage> behavior)
        where T : class, SagaStateMachineInstance
        where TMessage : class
    {
    }

    public void Visit<T, TMessage>(IBehavior<T, TMessage> behavior, Action<IBehavior<T, TMessage>> next)
        where T : class, SagaStateMachineInstance
        where TMessage : class => next(behavior);

    private void Note(IStateMachineActivity activity)
    {
        if (!_event.StartsWith("On", StringComparison.Ordinal))
        {
            return;
        }

        _handled.Add((_state, _event));
        if (activity is TransitionActivity<JobState> transition)
        {
            if (!_moves.TryGetValue((_state, _event), out var to))
            {
                _moves[(_state, _event)] = to = [];
            }

            to.Add(transition.ToState.Name);
        }
    }
}
