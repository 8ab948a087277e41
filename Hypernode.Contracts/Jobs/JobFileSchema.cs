using System.Reflection;

namespace Hypernode.Contracts.Jobs;

/// <summary>The JSON Schema of job files (docs/jobs.md): what the CLI reads them by, and what the API publishes.</summary>
public static class JobFileSchema
{
    /// <summary>JSON Schema 2020-12, as it is checked in.</summary>
    public static string Text()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("job.schema.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
