using System.Runtime.InteropServices;
using static Sbpf.Linker.Elf.LittleEndian;

namespace Sbpf.Linker.Elf;

/// <summary>A relocation: patch <paramref name="Offset"/> of its section with the address of a symbol.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ElfRelocation(ulong Offset, uint Type, int Symbol);

/// <summary>A symbol; section 0 means that it is defined elsewhere.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ElfSymbol(string Name, ulong Value, int Section);

/// <summary>A section of the input, and where the linker puts it.</summary>
internal sealed class ElfSection
{
    public required string Name { get; init; }
    public required uint Type { get; init; }
    public required ulong Flags { get; init; }
    public required ulong Size { get; init; }
    public required ulong Alignment { get; init; }
    public required byte[] Data { get; init; }
    public required int Link { get; init; }
    public required int Info { get; init; }
    public List<ElfRelocation> Relocations { get; } = [];

    public bool IsAllocated => (Flags & ElfObject.FlagAllocated) != 0 && Size > 0;
    public bool IsExecutable => IsAllocated && (Flags & ElfObject.FlagExecutable) != 0;
    public bool IsReadOnlyData => IsAllocated && !IsExecutable && (HasName(".rodata") || HasName(".data.rel.ro"));

    /// <summary>Offset within the output's text or read-only data; the linker's own.</summary>
    public ulong OutputOffset { get; set; }

    private bool HasName(string name) =>
        Name == name || Name.StartsWith(name + ".", StringComparison.Ordinal);
}

/// <summary>A little-endian ELF64 relocatable object for BPF, parsed.</summary>
internal sealed class ElfObject
{
    public const ulong FlagAllocated = 2, FlagExecutable = 4;
    public const uint RelocationAddress64 = 1, RelocationData64 = 2, RelocationCall = 10;

    private const uint Magic = 0x464c457f;
    private const uint TypeSymbols = 2, TypeRelocationsWithAddend = 4, TypeNoBits = 8, TypeRelocations = 9;
    private const ushort RelocatableFile = 1, MachineBpf = 247;
    private const byte Class64 = 2, DataLittleEndian = 1;

    public required IReadOnlyList<ElfSection> Sections { get; init; }
    public required IReadOnlyList<ElfSymbol> Symbols { get; init; }

    public static ElfObject Parse(byte[] file)
    {
        if (file.Length < 64 || U32(file, 0) != Magic || file[4] != Class64 || file[5] != DataLittleEndian)
            throw new LinkException("not a little-endian ELF64 file");
        if (U16(file, 16) != RelocatableFile || U16(file, 18) != MachineBpf)
            throw new LinkException("not a relocatable object for BPF");

        var sections = ReadSections(file);
        var symbols = ReadSymbols(sections);
        ReadRelocations(sections, symbols.Count);
        return new ElfObject { Sections = sections, Symbols = symbols };
    }

    private static List<ElfSection> ReadSections(byte[] file)
    {
        ulong table = U64(file, 40);
        int count = U16(file, 60), nameTable = U16(file, 62);
        if (nameTable >= count)
            throw new LinkException("no table of section names");
        ulong Header(int index) => table + (ulong)index * 64;
        var names = Slice(file, U64(file, Header(nameTable) + 24), U64(file, Header(nameTable) + 32)).ToArray();

        var sections = new List<ElfSection>();
        for (var i = 0; i < count; i++)
        {
            var at = Header(i);
            var type = U32(file, at + 4);
            var size = U64(file, at + 32);
            sections.Add(new ElfSection
            {
                Name = Text(names, U32(file, at)),
                Type = type,
                Flags = U64(file, at + 8),
                Size = size,
                Alignment = U64(file, at + 48),
                Data = type == TypeNoBits ? [] : Slice(file, U64(file, at + 24), size).ToArray(),
                Link = (int)U32(file, at + 40),
                Info = (int)U32(file, at + 44),
            });
        }
        return sections;
    }

    private static List<ElfSymbol> ReadSymbols(List<ElfSection> sections)
    {
        if (sections.Count(s => s.Type == TypeSymbols) != 1)
            throw new LinkException("expected one symbol table");
        var table = sections.Single(s => s.Type == TypeSymbols);
        var names = At(sections, table.Link).Data;
        var symbols = new List<ElfSymbol>();
        for (ulong at = 0; at < table.Size; at += 24)
            symbols.Add(new ElfSymbol(Text(names, U32(table.Data, at)), U64(table.Data, at + 8), U16(table.Data, at + 6)));
        return symbols;
    }

    private static void ReadRelocations(List<ElfSection> sections, int symbols)
    {
        foreach (var table in sections)
        {
            if (table.Type == TypeRelocationsWithAddend)
                throw new LinkException("relocations with addends do not exist for BPF");
            if (table.Type != TypeRelocations)
                continue;
            for (ulong at = 0; at < table.Size; at += 16)
            {
                var info = U64(table.Data, at + 8);
                var relocation = new ElfRelocation(U64(table.Data, at), (uint)info, (int)(info >> 32));
                if (relocation.Symbol >= symbols)
                    throw new LinkException("a relocation names a symbol that is not there");
                At(sections, table.Info).Relocations.Add(relocation);
            }
        }
    }

    private static ElfSection At(List<ElfSection> sections, int index) =>
        index >= 0 && index < sections.Count ? sections[index] : throw new LinkException("a section that is not there");
}
