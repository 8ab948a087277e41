namespace Hypernode.Host.Adapters;

/// <summary>Files that come with the product, beside or above the program's folder.</summary>
internal static class ShippedFiles
{
    /// <param name="configured">Taken as it is when it is not empty.</param>
    /// <exception cref="InvalidOperationException">Neither is there.</exception>
    public static string Find(string configured, string relative)
    {
        if (configured.Length > 0)
        {
            return configured;
        }

        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var path = Path.Combine(folder, relative);
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new InvalidOperationException($"{relative} was not found beside or above {AppContext.BaseDirectory}");
    }
}
