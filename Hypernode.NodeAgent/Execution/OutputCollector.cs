using System.Formats.Tar;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.NodeAgent.Execution;

/// <param name="Refused">Why something is missing, one line each.</param>
internal sealed record CollectedOutputs(IReadOnlyList<Artifact> Artifacts, IReadOnlyList<string> Refused);

/// <summary>
/// Stores what a job left in /out: regular files only, capped in count and bytes. It reads a tar stream, so a symlink, device
/// or pipe is a type in a header and never something that the agent opens.
/// </summary>
internal static class OutputCollector
{
    private const int MaxRefusedLines = 20;
    private const int MaxNameLength = 255;

    /// <summary>Entries that are looked at, for each file that may be taken.</summary>
    private const long EntriesPerFile = 10;

    /// <summary>What bytes that are no UTF-8 are read as: several names would become one.</summary>
    private const char NotUtf8 = '\uFFFD';

    public static async Task<CollectedOutputs> CollectAsync(
        Stream tar, IBlobStore blobs, int maxFiles, long maxBytes, CancellationToken cancellationToken)
    {
        var artifacts = new List<Artifact>();
        var refused = new List<string>();
        try
        {
            await TakeAllAsync(tar, blobs, maxFiles, maxBytes, artifacts, refused, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            // Names are the job's to choose, and some (a line break in a long one) make an archive that can't be read on.
            Refuse(refused, $"what follows is not taken: {Printable(e.Message)}");
        }

        return new([.. artifacts.OrderBy(a => a.Name, StringComparer.Ordinal)], refused);
    }

    private static async Task TakeAllAsync(
        Stream tar, IBlobStore blobs, int maxFiles, long maxBytes, List<Artifact> artifacts, List<string> refused, CancellationToken cancellationToken)
    {
        var left = maxBytes;
        var names = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = new TarReader(tar);
        for (var entries = 1L; await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry; entries++)
        {
            var name = NameOf(entry.Name);
            // Of everything, also of what is not taken: folders have no end either, and what is skipped is still read. The size is in
            // the header: a sparse file of a terabyte ends it before one byte of it is read.
            if (entries > EntriesPerFile * maxFiles || entry.Length > left)
            {
                refused.Add(WhatFollows(name, maxFiles, maxBytes));
                break;
            }

            if (entry.EntryType == TarEntryType.Directory)
            {
                continue;
            }

            if (Refusal(entry, name, names) is { } reason)
            {
                left -= entry.Length;
                Refuse(refused, $"{Printable(name)} is not taken: {reason}");
                continue;
            }

            if (artifacts.Count == maxFiles)
            {
                refused.Add(WhatFollows(name, maxFiles, maxBytes));
                break;
            }

            var (sha256, bytes) = await blobs.PutAsync(entry.DataStream ?? Stream.Null, left, cancellationToken);
            artifacts.Add(new Artifact(name, sha256, bytes));
            left -= entry.Length;
        }
    }

    private static string WhatFollows(string name, int maxFiles, long maxBytes) =>
        $"{Printable(name)} and what follows is not taken: more than {maxFiles} files or {maxBytes} bytes";

    private static string? Refusal(TarEntry entry, string name, HashSet<string> names) => entry.EntryType switch
    {
        TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile =>
            !IsSafe(name) ? "its name is not one that we store"
            : names.Add(name) ? null
            : "another file has its name",
        TarEntryType.SymbolicLink => "it is a symlink",
        TarEntryType.HardLink => "it is a second name of another file",
        _ => $"it is not a regular file ({entry.EntryType})",
    };

    /// <summary>Engines write <c>./x</c>, <c>out/x</c> or <c>x</c>.</summary>
    private static string NameOf(string entry)
    {
        var name = entry.TrimEnd('/');
        return name switch
        {
            "." or "out" => "",
            _ when name.StartsWith("./", StringComparison.Ordinal) => name[2..],
            _ when name.StartsWith("out/", StringComparison.Ordinal) => name[4..],
            _ => name,
        };
    }

    private static bool IsSafe(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && !name.Any(char.IsControl)
        && !name.Contains(NotUtf8, StringComparison.Ordinal)
        && !name.Contains('\\', StringComparison.Ordinal)
        && name.Split('/').All(part => part is not ("" or "." or ".."));

    private static void Refuse(List<string> refused, string line)
    {
        if (refused.Count < MaxRefusedLines)
        {
            refused.Add(line);
        }
    }

    private static string Printable(string name) => new([.. name.Take(80).Select(c => char.IsControl(c) ? '?' : c)]);
}
