using static Sbpf.Linker.Elf.LittleEndian;

namespace Sbpf.Linker.Linking;

/// <summary>The headers that both output formats share.</summary>
internal static class ElfHeaders
{
    public const ulong FileHeader = 64, ProgramHeader = 56, SectionHeader = 64;
    public const uint SegmentLoad = 1, SegmentDynamic = 2;
    public const uint Execute = 1, Read = 4;

    private const uint SharedObject = 3, MachineBpf = 247, CurrentVersion = 1;

    public static void WriteFileHeader(byte[] file, ulong entry, uint segments, uint flags, ulong sectionTable = 0, uint sections = 0)
    {
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(file, 0);
        Put(file, 16, SharedObject | MachineBpf << 16);
        Put(file, 20, CurrentVersion);
        Put(file, 24, entry);
        Put(file, 32, FileHeader);
        Put(file, 40, sectionTable);
        Put(file, 48, flags);
        Put(file, 52, (uint)FileHeader | (uint)ProgramHeader << 16);
        Put(file, 56, segments | (uint)SectionHeader << 16);
        var nameTable = sections == 0 ? 0 : sections - 1;
        Put(file, 60, sections | nameTable << 16);
    }

    public static void WriteProgramHeader(byte[] file, uint index, uint type, uint flags, ulong offset, ulong address, ulong size)
    {
        var at = FileHeader + index * ProgramHeader;
        Put(file, at, type);
        Put(file, at + 4, flags);
        Put(file, at + 8, offset);
        Put(file, at + 16, address);
        Put(file, at + 24, address);
        Put(file, at + 32, size);
        Put(file, at + 40, size);
        Put(file, at + 48, 8UL);
    }
}
