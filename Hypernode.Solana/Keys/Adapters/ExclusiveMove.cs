using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Hypernode.Solana.Keys.Adapters;

/// <summary>
/// Gives a finished file its name, unless the name is taken. <see cref="File.Move(string, string, bool)"/> looks first and then
/// renames, so of two processes that start at once the later would replace the key that the earlier goes on to use. link(2) is
/// one step.
/// </summary>
internal static partial class ExclusiveMove
{
    private const int AlreadyExists = 17;

    /// <returns>false: the name is taken, and <paramref name="finished"/> is left where it is</returns>
    /// <exception cref="IOException">the file system can't do it: it needs hard links</exception>
    public static bool TryMove(string finished, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(finished, name, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(name))
            {
                return false;
            }
        }

        if (Link(finished, name) == 0)
        {
            File.Delete(finished);
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == AlreadyExists
            ? false
            : throw new IOException($"{name} can't be made: {new Win32Exception(error).Message} (its file system must know hard links)");
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
