using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hypernode.NodeAgent.Adapters.Network;

/// <summary>
/// One network namespace of this machine, in which sockets can be made. A socket belongs to the namespace of the thread that made it,
/// for good and wherever it is used: so a thread of its own goes there, makes one socket, comes back, and ends.
/// </summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int CloneNewNet = 0x40000000;
    private const int StreamCloseOnExec = 1 | 0x80000;
    private const string Own = "/proc/thread-self/ns/net";

    private readonly SafeFileHandle _handle;

    private NetworkNamespace(string path) => _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Is this process itself in it?</summary>
    public bool IsOwn => NameOf($"/proc/self/fd/{_handle.DangerousGetHandle()}") == NameOf(Own);

    /// <exception cref="IOException">There is no such process, or it is not ours to look at.</exception>
    public static NetworkNamespace OfProcess(int pid) => Open($"/proc/{pid}/ns/net");

    /// <summary>One that <c>ip netns add</c> made.</summary>
    /// <exception cref="IOException">There is none of this name.</exception>
    public static NetworkNamespace OfName(string name) => Open(Path.Combine("/run/netns", name));

    /// <summary>A stream socket in there.</summary>
    /// <exception cref="IOException">The agent may not go there: it needs CAP_SYS_ADMIN.</exception>
    public Socket MakeSocket(AddressFamily family)
    {
        var (fd, error) = (-1, 0);
        var thread = new Thread(() => (fd, error) = MakeThere(family)) { IsBackground = true, Name = "network namespace" };
        thread.Start();
        thread.Join();
        return fd >= 0
            ? new Socket(new SafeSocketHandle(fd, ownsHandle: true))
            : throw new IOException($"no socket can be made in a job's network namespace: {new Win32Exception(error).Message} (the agent must be root)");
    }

    public void Dispose() => _handle.Dispose();

    private static NetworkNamespace Open(string path)
    {
        try
        {
            return new NetworkNamespace(path);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} may not be opened: the agent must be root", e);
        }
    }

    /// <summary>As little as can be happens in between: a thread that the runtime started there would stay there.</summary>
    private (int Fd, int Error) MakeThere(AddressFamily family)
    {
        using var home = File.OpenHandle(Own, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (SetNamespace(_handle, CloneNewNet) != 0)
        {
            return (-1, Marshal.GetLastPInvokeError());
        }

        // Linux's own numbers of the two families.
        var fd = MakeSocket(family == AddressFamily.InterNetworkV6 ? 10 : 2, StreamCloseOnExec, 0);
        var error = Marshal.GetLastPInvokeError();
        return SetNamespace(home, CloneNewNet) == 0 ? (fd, error) : throw new InvalidOperationException("a thread did not come back from a job's network");
    }

    private static string? NameOf(string link) => File.ResolveLinkTarget(link, returnFinalTarget: false)?.Name;

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle handle, int kind);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int MakeSocket(int family, int type, int protocol);
}
