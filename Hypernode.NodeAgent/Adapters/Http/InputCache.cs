using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Adapters.Files;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Adapters.Http;

/// <summary>
/// Files that were fetched, by their hash. What is longest unused goes when there is more than may stay; what is being fetched does
/// not, and what runs has copies of its own. A file that is not what its name says is fetched anew.
/// </summary>
internal sealed class InputCache(string folder, long maxBytes, TimeProvider time)
{
    private const string Part = ".part";

    private readonly Lock _gate = new();
    private readonly Dictionary<Hash256, Fetch> _fetches = [];

    private sealed class Fetch
    {
        public SemaphoreSlim Turn { get; } = new(1);

        public int Users { get; set; }
    }

    /// <param name="fetch">Fills the file of this name, which may hold the beginning already.</param>
    /// <returns>The whole file, checked; the caller disposes it. It stays readable when the cache lets go of it.</returns>
    /// <exception cref="InputsUnavailableException">What was fetched is another file.</exception>
    public async Task<Stream> OpenAsync(Hash256 sha256, long bytes, Func<string, Task> fetch, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var mine = Enter(sha256);
        try
        {
            // One fetches, the others find it.
            await mine.Turn.WaitAsync(cancellationToken);
            try
            {
                return await FindAsync(sha256, bytes, cancellationToken) ?? await FetchAsync(sha256, bytes, fetch, cancellationToken);
            }
            finally
            {
                mine.Turn.Release();
            }
        }
        finally
        {
            Leave(sha256, mine);
            Trim();
        }
    }

    private async Task<Stream?> FindAsync(Hash256 sha256, long bytes, CancellationToken cancellationToken)
    {
        var path = PathOf(sha256);
        if (!File.Exists(path))
        {
            return null;
        }

        if (await WrittenFile.OpenCheckedAsync(path, sha256, bytes, cancellationToken) is { } found)
        {
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime); // used
            return found;
        }

        File.Delete(path);
        return null;
    }

    private async Task<Stream> FetchAsync(Hash256 sha256, long bytes, Func<string, Task> fetch, CancellationToken cancellationToken)
    {
        var part = PathOf(sha256) + Part;
        await fetch(part);
        var whole = await WrittenFile.OpenCheckedAsync(part, sha256, bytes, cancellationToken);
        if (whole is null)
        {
            File.Delete(part);
            throw new InputsUnavailableException($"what the API gave for {sha256} is not the file of this hash");
        }

        File.Move(part, PathOf(sha256), overwrite: true);
        return whole;
    }

    private string PathOf(Hash256 sha256) => Path.Combine(folder, sha256.ToString());

    private Fetch Enter(Hash256 sha256)
    {
        lock (_gate)
        {
            if (!_fetches.TryGetValue(sha256, out var fetch))
            {
                _fetches[sha256] = fetch = new Fetch();
            }

            fetch.Users++;
            return fetch;
        }
    }

    private void Leave(Hash256 sha256, Fetch fetch)
    {
        lock (_gate)
        {
            if (--fetch.Users == 0)
            {
                _fetches.Remove(sha256);
                fetch.Turn.Dispose();
            }
        }
    }

    private void Trim()
    {
        lock (_gate)
        {
            var files = new DirectoryInfo(folder).EnumerateFiles()
                .Where(f => !_fetches.Keys.Any(k => f.Name.StartsWith(k.ToString(), StringComparison.Ordinal)))
                .OrderByDescending(f => f.LastWriteTimeUtc)
                .ThenBy(f => f.Name, StringComparer.Ordinal)
                .ToList();
            var kept = 0L;
            foreach (var file in files)
            {
                if ((kept += file.Length) > maxBytes)
                {
                    File.Delete(file.FullName); // one that is open stays readable
                }
            }
        }
    }
}
