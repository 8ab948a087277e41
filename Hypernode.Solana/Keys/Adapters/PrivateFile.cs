namespace Hypernode.Solana.Keys.Adapters;

/// <summary>Files that only their owner may read.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Mode 0600, on disk when this returns; an existing file is never overwritten.</summary>
    public static void WriteNew(string path, Action<Stream> write)
    {
        // Complete under its final name or not there at all: a half-written key would be refused for ever.
        var partial = $"{path}.{Path.GetRandomFileName()}.partial";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (var file = new FileStream(partial, options))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            if (!ExclusiveMove.TryMove(partial, path))
            {
                throw new IOException($"{path} is there already.");
            }
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>The key in this file, made now if there is none. Two processes that race get the same key.</summary>
    public static Account LoadOrCreate(string path, Func<string, Account> load, Action<string, Account> create)
    {
        if (File.Exists(path))
        {
            return load(path);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var made = new Account();
        try
        {
            create(path, made);
            return made;
        }
        catch (IOException) when (File.Exists(path))
        {
            made.Dispose();
            return load(path);
        }
    }

    /// <exception cref="FormatException">others than its owner may use the file</exception>
    public static void RequireOwnerOnly(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != UnixFileMode.None)
        {
            throw new FormatException($"{path} is open to others than its owner: chmod 600 it.");
        }
    }
}
