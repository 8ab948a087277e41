using System.Diagnostics;
using Hypernode.MoneyModel.Model;

namespace Hypernode.MoneyModel.Runs;

/// <summary>The chain's side: a process with the real runtime and the real programs in it.</summary>
internal sealed class VirtualMachine : IAsyncDisposable
{
    private readonly Process _process;

    private VirtualMachine(Process process, Facts facts)
    {
        _process = process;
        Facts = facts;
    }

    public Facts Facts { get; }

    /// <param name="root">The repository.</param>
    public static async Task<VirtualMachine> StartAsync(string root)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(root, "tests/programs/model/runner.cjs")])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException("node does not start");
        var line = await process.StandardOutput.ReadLineAsync();
        if (line is null)
        {
            await process.WaitForExitAsync();
            throw new InvalidOperationException($"the virtual machine ended with {process.ExitCode} before it began");
        }
        return new VirtualMachine(process, Lines.Read<Facts>(line));
    }

    public async Task<Played> PlayAsync(IReadOnlyList<Step> steps)
    {
        await _process.StandardInput.WriteLineAsync(Lines.Write(new Sequence(steps)));
        await _process.StandardInput.FlushAsync();
        var line = await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the virtual machine is gone");
        return Lines.Read<Played>(line);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
