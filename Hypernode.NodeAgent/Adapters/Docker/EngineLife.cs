using System.Globalization;
using System.Net.Sockets;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>
/// One life of the engine's process. An engine without live-restore ends every container when it starts again, and one that comes up
/// after a power cut finds them dead: both look as if the jobs had ended by themselves. So a container carries the name of the life
/// under which it was made.
/// </summary>
/// <param name="Id">No two lives have the same.</param>
/// <param name="Since">By this machine's clock.</param>
internal sealed record EngineLife(string Id, DateTimeOffset Since)
{
    public const string Label = "hypernode.engine-life";

    /// <summary>What the engine puts down for a container of whose end it knows nothing.</summary>
    private const int Unknown = 255;

    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private const double TicksPerSecond = 100; // USER_HZ, the same on all of Linux

    /// <summary>Null: it can't be told whose socket it is (another process namespace, another system).</summary>
    public static EngineLife? Of(string socket)
    {
        try
        {
            return OperatingSystem.IsLinux() && ProcessOf(socket) is { } process ? OfProcess(process) : null;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether an ended container that was made under the life <paramref name="made"/> was ended by the engine's own end, and not by itself.</summary>
    /// <param name="keepsContainers">The engine's live-restore.</param>
    public bool Took(string? made, bool keepsContainers, DateTimeOffset finishedAt, int exitCode)
    {
        if (made is null || made == Id)
        {
            return false;
        }

        return keepsContainers
            ? exitCode == Unknown
            // No container gets over a restart. One that ended in an earlier life may have been ended by a restart before this one.
            : finishedAt >= Since || exitCode is 137 or 143 or Unknown;
    }

    private static int? ProcessOf(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        var credentials = new byte[12]; // struct ucred: who called listen()
        socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        var process = BitConverter.ToInt32(credentials);
        if (process > 1)
        {
            return process;
        }

        // systemd listens for the engine. Of several engines on one machine nobody can tell which it is.
        var engines = process == 1
            ? [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(IsEngine!).Take(2)]
            : new List<string?>();
        return engines.Count == 1 ? int.Parse(engines[0]!, CultureInfo.InvariantCulture) : null;
    }

    private static bool IsEngine(string process)
    {
        try
        {
            return char.IsAsciiDigit(process[0]) && File.ReadAllText($"/proc/{process}/comm").Trim() == "dockerd";
        }
        catch (IOException)
        {
            return false; // it has just ended
        }
    }

    private static EngineLife OfProcess(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        // After the name, which may hold anything, from field 3 on; the start is field 22, in ticks since the machine's.
        var ticks = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
        var up = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        var boot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        return new EngineLife($"{boot}-{process}-{ticks}", DateTimeOffset.UtcNow.AddSeconds((ticks / TicksPerSecond) - up));
    }
}
