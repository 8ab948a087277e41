using System.Security.Cryptography;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.Solana;

namespace Hypernode.NodeAgent.Execution;

/// <summary>The job's files are not to be had, or are not what the payer signed.</summary>
internal sealed class InputsUnavailableException(string message) : Exception(message);

/// <summary>The folder that a job sees read-only at /in: its inputs, checked against their hashes, and its script.</summary>
internal static class InputFolder
{
    public const string ScriptName = ".script";

    public static async Task<string> PrepareAsync(string attemptFolder, JobSpec spec, IAttemptBlobs blobs, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(attemptFolder, "in");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        foreach (var input in spec.Inputs ?? [])
        {
            if (!IsPlainName(input.Name))
            {
                throw new InputsUnavailableException("an input's name is not a plain file name");
            }

            var path = Path.Combine(folder, input.Name);
            if (input.Encrypted == true)
            {
                await FetchEnvelopeAsync(path, Path.Combine(attemptFolder, "envelope"), input, blobs, cancellationToken);
            }
            else
            {
                await FetchAsync(path, input, blobs, cancellationToken);
            }
        }

        if (spec.Script is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, ScriptName), spec.Script, cancellationToken);
        }

        MakeReadable(folder);
        return folder;
    }

    /// <summary>Hash and length are the envelope's, as they were signed; what is in it the envelope itself answers for.</summary>
    private static async Task FetchEnvelopeAsync(string path, string envelope, JobInput input, IAttemptBlobs blobs, CancellationToken cancellationToken)
    {
        try
        {
            await FetchAsync(envelope, input, blobs, cancellationToken);
            await using var source = File.OpenRead(envelope);
            await using var content = blobs.Open(source);
            await using var target = File.Create(path);
            await content.CopyToAsync(target, cancellationToken);
        }
        catch (EnvelopeException e)
        {
            throw new DeclinedException(e.Fault == EnvelopeFault.NotARecipient ? "not-a-recipient" : "envelope-damaged", $"{input.Name}: {e.Message}");
        }
        finally
        {
            File.Delete(envelope);
        }
    }

    private static async Task FetchAsync(string path, JobInput input, IAttemptBlobs blobs, CancellationToken cancellationToken)
    {
        await using var source = await blobs.OpenAsync(input.Sha256, cancellationToken)
            ?? throw new InputsUnavailableException($"{input.Name} ({input.Sha256}) is not in the store");
        await using (var target = File.Create(path))
        {
            var buffer = new byte[81_920];
            var left = input.Bytes;
            for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                left -= read;
                if (left < 0)
                {
                    throw new InputsUnavailableException($"{input.Name} has more than the {input.Bytes} bytes that were signed");
                }

                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }

        await using var copy = File.OpenRead(path);
        if (copy.Length != input.Bytes || Hash256.FromBytes(await SHA256.HashDataAsync(copy, cancellationToken)) != input.Sha256)
        {
            throw new InputsUnavailableException($"{input.Name} is not the file that was signed");
        }
    }

    private static bool IsPlainName(string name) =>
        name.Length is > 0 and <= 255 && name[0] != '.' && !name.Any(c => c is '/' or '\\' || char.IsControl(c));

    /// <summary>The job's user is not the agent's.</summary>
    private static void MakeReadable(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode File644 = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        File.SetUnixFileMode(folder, File644 | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            File.SetUnixFileMode(file, File644);
        }
    }
}
