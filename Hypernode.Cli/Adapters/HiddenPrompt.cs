using System.Runtime.InteropServices;
using System.Text;

namespace Hypernode.Cli.Adapters;

/// <summary>
/// A line that is typed or pasted at the terminal and never shown. .NET's own reader hides only while it waits for a key: what is
/// pasted at once would be echoed in between. So the terminal is told before the question is asked.
/// </summary>
internal static partial class HiddenPrompt
{
    private const int MaxBytes = 4_096;

    // struct termios of Linux (glibc and musl, 64 bits): four 32-bit flag words, of which the fourth is c_lflag.
    private const int LocalFlags = 12;
    private const int Echo = 0x8;
    private const int AfterOutputWithoutTypeAhead = 2; // TCSAFLUSH

    /// <exception cref="CliException">This terminal can't be told to be silent.</exception>
    public static async Task<string> AskAsync(string question, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new CliException("on this system a secret is taken from stdin alone: … < FILE") { ExitCode = ExitCodes.Usage };
        }

        await using var terminal = new FileStream("/dev/tty", new FileStreamOptions { Access = FileAccess.Read, BufferSize = 0 });
        var handle = terminal.SafeFileHandle.DangerousGetHandle().ToInt32();
        var before = new byte[256]; // more than any termios has
        if (GetAttributes(handle, before) != 0)
        {
            throw new CliException("this terminal can't be told to be silent: give the secret by stdin") { ExitCode = ExitCodes.Usage };
        }

        var silent = (byte[])before.Clone();
        silent[LocalFlags] &= unchecked((byte)~Echo);
        try
        {
            if (SetAttributes(handle, AfterOutputWithoutTypeAhead, silent) != 0)
            {
                throw new CliException("this terminal can't be told to be silent: give the secret by stdin") { ExitCode = ExitCodes.Usage };
            }

            await Console.Error.WriteAsync(question);
            var line = new byte[MaxBytes];

            // The terminal gives a whole line at once. It can't be interrupted; who presses Ctrl-C does not wait for it.
            var length = await Task.Run(() => terminal.Read(line), CancellationToken.None).WaitAsync(cancellationToken);
            return Encoding.UTF8.GetString(line, 0, length).TrimEnd('\n', '\r');
        }
        finally
        {
            _ = SetAttributes(handle, AfterOutputWithoutTypeAhead, before);
            await Console.Error.WriteLineAsync();
        }
    }

    [LibraryImport("libc", EntryPoint = "tcgetattr")]
    private static partial int GetAttributes(int descriptor, byte[] attributes);

    [LibraryImport("libc", EntryPoint = "tcsetattr")]
    private static partial int SetAttributes(int descriptor, int when, byte[] attributes);
}
