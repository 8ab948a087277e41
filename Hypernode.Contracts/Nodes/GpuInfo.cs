using System.Text.RegularExpressions;

namespace Hypernode.Contracts.Nodes;

/// <summary>One GPU that a node sells.</summary>
/// <param name="Uuid">As the driver says it: see <see cref="IsUuid"/>.</param>
/// <param name="VramMb">MiB of memory in all.</param>
public sealed partial record GpuInfo(string Uuid, string Model, int VramMb)
{
    /// <summary>
    /// <c>GPU-</c> and a UUID in lower case: a whole GPU. It ends up in an engine's request and in the environment of a container,
    /// where <c>all</c>, <c>0,1</c> or a comma would mean others.
    /// </summary>
    public static bool IsUuid(string? text) => text is not null && UuidForm().IsMatch(text);

    [GeneratedRegex(@"\AGPU-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\z", RegexOptions.NonBacktracking)]
    private static partial Regex UuidForm();
}
