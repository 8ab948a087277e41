namespace Hypernode.NodeAgent.Execution;

internal static class FolderSize
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.ReparsePoint,
        IgnoreInaccessible = true,
    };

    /// <summary>Bytes of the files in it; what vanishes meanwhile counts nothing.</summary>
    public static long Of(string folder)
    {
        var bytes = 0L;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", Everything))
        {
            try
            {
                bytes += file.Length;
            }
            catch (IOException)
            {
                // Gone since it was listed.
            }
        }

        return bytes;
    }
}
