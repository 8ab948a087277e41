using Hypernode.Cli.Adapters;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Contracts.Money;
using Spectre.Console;

namespace Hypernode.Cli.Demo;

/// <summary>Tells people what happens, line by line: steps, states with their causes, the job's own output, transactions, balances.</summary>
internal sealed class Narrator(IAnsiConsole console, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();

    public void Title(string text) => console.MarkupLineInterpolated($"[bold]{text}[/]");

    public void Step(string text) => Line("[grey]", "·", text);

    public void Good(string text) => Line("[green]", "✓", text);

    public void Warn(string text) => Line("[yellow]", "!", text);

    public void Bad(string text) => Line("[red]", "✗", text);

    public void State(Transition transition) =>
        console.MarkupLine($"{Clock()} [aqua]{transition.State,-18}[/] [grey]{Markup.Escape(transition.Cause)}{(transition.Attempt > 1 ? $" (attempt {transition.Attempt})" : "")}[/]");

    public void Transaction(string signature) => console.MarkupLine($"{Clock()} [grey]tx[/] {signature}");

    public void Log(string node, string text)
    {
        foreach (var line in Terminal.Harmless(text).TrimEnd('\n').Split('\n'))
        {
            console.MarkupLine($"{Clock()}   [blue]{Markup.Escape(node)} |[/] {Markup.Escape(line)}");
        }
    }

    /// <param name="names">Node ids and what people call them.</param>
    public void Table(Balances before, Balances after, IReadOnlyDictionary<string, string> names)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("HYPER").AddColumn(Right("before")).AddColumn(Right("after")).AddColumn(Right("change"));
        void Row(string party, ulong was, ulong now)
        {
            var change = now >= was ? $"+{new HyperAmount(now - was)}" : $"-{new HyperAmount(was - now)}";
            table.AddRow(Markup.Escape(party), $"{new HyperAmount(was)}", $"{new HyperAmount(now)}", now == was ? "0" : change);
        }

        Row("payer", before.Payer, after.Payer);
        Row("escrow", before.Escrow, after.Escrow);
        foreach (var (node, now) in after.Nodes.OrderBy(n => names[n.Key], StringComparer.Ordinal))
        {
            Row($"{names[node]}'s authority", before.Nodes.GetValueOrDefault(node), now);
        }

        Row("protocol vault (10 %)", before.Protocol, after.Protocol);
        Row("platform vault (5 %)", before.Platform, after.Platform);
        console.Write(table);
    }

    private static TableColumn Right(string name) => new TableColumn(name).RightAligned();

    private void Line(string style, string sign, string text) => console.MarkupLine($"{Clock()} {style}{sign}[/] {Markup.Escape(text)}");

    private string Clock() => $"[grey]{time.GetElapsedTime(_started).TotalSeconds,6:0.0} s[/]";
}
