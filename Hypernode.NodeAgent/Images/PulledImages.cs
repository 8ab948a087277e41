using System.Text.Json;

namespace Hypernode.NodeAgent.Images;

/// <param name="Reference"><c>name@sha256:…</c>.</param>
/// <param name="Bytes">Unpacked.</param>
/// <param name="UsedAt">ms since the epoch.</param>
internal sealed record PulledImage(string Reference, long Bytes, long UsedAt);

/// <summary>
/// The images that this agent has pulled, in a file that outlives it: only these are the agent's to throw away. What the operator brought
/// is in no list.
/// </summary>
internal sealed class PulledImages(string dataFolder)
{
    private readonly Dictionary<string, PulledImage> _known = Read(dataFolder).ToDictionary(i => i.Reference, StringComparer.Ordinal);

    public IReadOnlyList<PulledImage> OldestFirst => [.. _known.Values.OrderBy(i => i.UsedAt)];

    public long Bytes => _known.Values.Sum(i => i.Bytes);

    /// <summary>A file that is lost or spoiled makes the agent forget, never throw away what is not its own.</summary>
    public static IReadOnlyList<PulledImage> Read(string dataFolder)
    {
        try
        {
            return File.Exists(FileOf(dataFolder)) ? JsonSerializer.Deserialize<List<PulledImage>>(File.ReadAllText(FileOf(dataFolder))) ?? [] : [];
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return [];
        }
    }

    public bool Has(string reference) => _known.ContainsKey(reference);

    public void Put(PulledImage image)
    {
        _known[image.Reference] = image;
        Write();
    }

    public void Forget(string reference)
    {
        if (_known.Remove(reference))
        {
            Write();
        }
    }

    private static string FileOf(string dataFolder) => Path.Combine(dataFolder, "images.json");

    private void Write()
    {
        var file = FileOf(dataFolder);
        File.WriteAllText(file + ".new", JsonSerializer.Serialize(_known.Values));
        File.Move(file + ".new", file, overwrite: true);
    }
}
