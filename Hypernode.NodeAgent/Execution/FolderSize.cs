namespace Hypernode.NodeAgent.Execution;

internal static class FolderSize
{
    private static readonly EnumerationOptions One = new() { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    /// <summary>
    /// Bytes of the files in it; what vanishes meanwhile, and what has no name that could be written down, counts nothing. It never
    /// throws: a job that removes a folder of its own while it is measured would be ended for it.
    /// </summary>
    public static long Of(string folder)
    {
        var bytes = 0L;
        var open = new Stack<DirectoryInfo>([new DirectoryInfo(folder)]);
        while (open.TryPop(out var next))
        {
            try
            {
                foreach (var entry in next.EnumerateFileSystemInfos("*", One))
                {
                    if (entry is DirectoryInfo inner)
                    {
                        open.Push(inner);
                    }
                    else
                    {
                        bytes += LengthOf((FileInfo)entry);
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Gone since it was listed, or deeper than a path can name.
            }
        }

        return bytes;
    }

    private static long LengthOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
