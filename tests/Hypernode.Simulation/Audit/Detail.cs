using System.Runtime.CompilerServices;

namespace Hypernode.Simulation.Audit;

/// <summary>What to say when a check fails. Nearly none does, and nobody reads the others: their text is never made.</summary>
[InterpolatedStringHandler]
internal ref struct Detail
{
    private DefaultInterpolatedStringHandler _text;

    public Detail(int literalLength, int formattedCount, bool holds, out bool wanted)
    {
        wanted = !holds;
        _text = holds ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount);
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public void AppendFormatted<T>(T value, string? format) => _text.AppendFormatted(value, format);

    public string ToStringAndClear() => _text.ToStringAndClear();
}
