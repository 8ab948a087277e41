using Hypernode.Contracts.Jobs;
using MassTransit;

namespace Hypernode.Sagas.Tests;

public sealed class WorkflowDocumentTests
{
    [Fact]
    public void Every_state_meets_every_event()
    {
        var machine = new JobStateMachine(new WorkflowWindows());
        var events = machine.Events.Select(e => e.Name).Where(n => n.StartsWith("On", StringComparison.Ordinal)).ToHashSet();

        foreach (var state in machine.States.Where(s => s.Name is not ("Initial" or "Final")))
        {
            var met = machine.NextEvents(state).Select(e => e.Name).ToHashSet();
            events.Where(e => !met.Contains(e)).ShouldBeEmpty($"{state.Name} neither handles nor ignores them");
        }
    }

    [Fact]
    public void The_states_are_the_vocabulary_s()
    {
        var machine = new JobStateMachine(new WorkflowWindows());
        var named = typeof(JobStateNames).GetFields().Where(f => f.IsLiteral).Select(f => (string)f.GetRawConstantValue()!);
        machine.States.Select(s => s.Name).Where(n => n != "Final").Order().ShouldBe(named.Order());
    }

    [Fact]
    public void The_workflow_document_is_the_machine_s()
    {
        var path = Path.Combine(Root(), "docs", "workflow.md");
        var expected = WorkflowDocument.Render();
        if (Environment.GetEnvironmentVariable("HYPERNODE_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, expected);
        }

        File.ReadAllText(path).ShouldBe(expected, "stale: run the tests with HYPERNODE_UPDATE_DOCS=1");
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hypernode.slnx")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
