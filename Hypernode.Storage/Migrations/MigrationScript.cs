using System.Globalization;
using System.Reflection;
using System.Text;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Migrations;

/// <summary>One numbered SQL file.</summary>
internal sealed record MigrationScript(int Number, string Name, string Sql)
{
    /// <summary>Of its text: a file that was applied may never change.</summary>
    public string Sha256 => Hash256.Of(Encoding.UTF8.GetBytes(Sql)).ToString();

    /// <summary>The embedded files of one folder, in order.</summary>
    /// <param name="folder"><c>PostgreSQL</c> or <c>SQLite</c>.</param>
    public static IReadOnlyList<MigrationScript> Embedded(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal))
            .Select(name => Read(assembly, name))
            .OrderBy(script => script.Number)];
    }

    private static MigrationScript Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
        var name = Path.GetFileNameWithoutExtension(resource);
        return new MigrationScript(int.Parse(name[..4], CultureInfo.InvariantCulture), name, reader.ReadToEnd());
    }
}
