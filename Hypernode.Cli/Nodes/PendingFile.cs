using System.Text.Json;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Nodes;

/// <summary>
/// The transaction that was sent last, until its end is known: on disk before it leaves. Who joins again asks for it first, as a
/// stake that is sent twice is staked twice.
/// </summary>
internal sealed class PendingFile(string path)
{
    /// <exception cref="CliException">The file is no such file.</exception>
    public PendingTransaction? Read()
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<PendingTransaction>(File.ReadAllBytes(path)) : null;
        }
        catch (JsonException e)
        {
            throw new CliException($"{path} names no transaction; delete it when no transaction of the last minutes is open", e);
        }
    }

    public void Keep(PendingTransaction pending)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        JsonSerializer.Serialize(file, pending);
        file.Flush(flushToDisk: true);
    }

    public void Forget() => File.Delete(path);
}
