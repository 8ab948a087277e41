using static Sbpf.Linker.Linking.ElfHeaders;

namespace Sbpf.Linker.Linking;

/// <summary>Version 3: file header, program headers, read-only data (if any), text. No sections, no dynamic relocations.</summary>
internal static class SharedObjectV3
{
    private const ulong TextAddress = 1UL << 32;
    private const uint VersionFlags = 3;

    /// <summary>Where text lies in the file, and the addresses of text and read-only data.</summary>
    public static (ulong TextOffset, ulong TextAddress, ulong ReadOnlyAddress) Layout(int readOnlyLength)
    {
        var segments = readOnlyLength > 0 ? 2UL : 1UL;
        return (FileHeader + segments * ProgramHeader + (ulong)readOnlyLength, TextAddress, 0);
    }

    public static byte[] Emit(byte[] text, byte[] readOnly, ulong entry)
    {
        var (textOffset, _, _) = Layout(readOnly.Length);
        var file = new byte[textOffset + (ulong)text.Length];
        var segments = readOnly.Length > 0 ? 2u : 1u;
        WriteFileHeader(file, TextAddress + entry, segments, VersionFlags);
        if (readOnly.Length > 0)
        {
            var offset = FileHeader + 2 * ProgramHeader;
            WriteProgramHeader(file, 0, SegmentLoad, Read, offset, 0, (ulong)readOnly.Length);
            readOnly.CopyTo(file, (int)offset);
        }
        WriteProgramHeader(file, segments - 1, SegmentLoad, Execute, textOffset, TextAddress, (ulong)text.Length);
        text.CopyTo(file, (int)textOffset);
        return file;
    }
}
