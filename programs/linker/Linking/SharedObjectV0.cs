using System.Text;
using Sbpf.Linker.Elf;
using static Sbpf.Linker.Elf.LittleEndian;
using static Sbpf.Linker.Linking.ElfHeaders;

namespace Sbpf.Linker.Linking;

/// <summary>
/// Version 0: file header, three program headers, text, read-only data, then a dynamic section whose relocations name the
/// syscalls, and section headers, which the loader wants as well.
/// </summary>
internal static class SharedObjectV0
{
    private const uint Segments = 3;
    private const ulong TextOffset = FileHeader + Segments * ProgramHeader;
    private const ulong BaseAddress = 1UL << 32;
    private const int SymbolLength = 24, RelocationLength = 16, DynamicEntries = 7, DynamicEntryLength = 16;

    private static readonly string[] SectionNames =
        ["", ".text", ".rodata", ".dynamic", ".dynsym", ".dynstr", ".rel.dyn", ".shstrtab"];

    /// <summary>Where text lies in the file, and the addresses of text and read-only data.</summary>
    public static (ulong TextOffset, ulong TextAddress, ulong ReadOnlyAddress) Layout(int textLength) =>
        (TextOffset, BaseAddress + TextOffset, BaseAddress + TextOffset + (ulong)textLength);

    public static byte[] Emit(byte[] text, byte[] readOnly, ulong entry, IReadOnlyList<(ulong Offset, string Name)> calls)
    {
        var (symbols, strings, relocations) = DynamicTables(calls);
        var sectionNames = SectionNameTable(out var nameOffsets);

        var readOnlyOffset = TextOffset + (ulong)text.Length;
        var dynamicOffset = readOnlyOffset + (ulong)readOnly.Length;
        var symbolOffset = dynamicOffset + DynamicEntries * DynamicEntryLength;
        var stringOffset = symbolOffset + (ulong)symbols.Length;
        var relocationOffset = AlignUp(stringOffset + (ulong)strings.Length, 8);
        var namesOffset = relocationOffset + (ulong)relocations.Length;
        var sectionTable = AlignUp(namesOffset + (ulong)sectionNames.Length, 8);
        var dynamic = DynamicSection(calls.Count, symbolOffset, stringOffset, relocationOffset);

        var file = new byte[sectionTable + (ulong)SectionNames.Length * SectionHeader];
        WriteFileHeader(file, TextOffset + entry, Segments, flags: 0, sectionTable, (uint)SectionNames.Length);
        WriteProgramHeader(file, 0, SegmentLoad, Read | Execute, TextOffset, TextOffset, (ulong)(text.Length + readOnly.Length));
        WriteProgramHeader(file, 1, SegmentLoad, Read, dynamicOffset, dynamicOffset, namesOffset - dynamicOffset);
        WriteProgramHeader(file, 2, SegmentDynamic, Read, dynamicOffset, dynamicOffset, (ulong)dynamic.Length);

        const uint ProgramBits = 1, StringTable = 3, Dynamic = 6, Relocations = 9, DynamicSymbols = 11;
        const ulong Allocated = ElfObject.FlagAllocated, Executable = ElfObject.FlagExecutable;
        Section[] sections =
        [
            new(1, ProgramBits, Allocated | Executable, TextOffset, text),
            new(2, ProgramBits, Allocated, readOnlyOffset, readOnly),
            new(3, Dynamic, Allocated, dynamicOffset, dynamic, Link: 5, EntryLength: DynamicEntryLength),
            new(4, DynamicSymbols, Allocated, symbolOffset, symbols, Link: 5, Info: 1, EntryLength: SymbolLength),
            new(5, StringTable, Allocated, stringOffset, strings),
            new(6, Relocations, Allocated, relocationOffset, relocations, Link: 4, EntryLength: RelocationLength),
            new(7, StringTable, 0, namesOffset, sectionNames),
        ];
        foreach (var section in sections)
        {
            section.Bytes.CopyTo(file, (int)section.Offset);
            section.WriteHeader(file, sectionTable, nameOffsets[section.Index]);
        }
        return file;
    }

    private static (byte[] Symbols, byte[] Strings, byte[] Relocations) DynamicTables(IReadOnlyList<(ulong Offset, string Name)> calls)
    {
        var names = calls.Select(call => call.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var symbols = new byte[(names.Count + 1) * SymbolLength];
        using var strings = new MemoryStream();
        strings.WriteByte(0);
        const byte GlobalSymbol = 0x10;
        for (var i = 0; i < names.Count; i++)
        {
            var at = (i + 1) * SymbolLength;
            Put(symbols, (ulong)at, (uint)strings.Position);
            symbols[at + 4] = GlobalSymbol;
            WriteText(strings, names[i]);
        }

        var relocations = new byte[calls.Count * RelocationLength];
        for (var i = 0; i < calls.Count; i++)
        {
            var at = (ulong)(i * RelocationLength);
            var symbol = (ulong)(names.IndexOf(calls[i].Name) + 1);
            Put(relocations, at, calls[i].Offset);
            Put(relocations, at + 8, symbol << 32 | ElfObject.RelocationCall);
        }
        return (symbols, strings.ToArray(), relocations);
    }

    private static byte[] DynamicSection(int calls, ulong symbolOffset, ulong stringOffset, ulong relocationOffset)
    {
        var bytes = new byte[DynamicEntries * DynamicEntryLength];
        if (calls == 0)
            return bytes;
        const ulong Rel = 17, RelSize = 18, RelEntry = 19, SymbolTable = 6, SymbolEntry = 11, StringTable = 5, End = 0;
        (ulong Tag, ulong Value)[] entries =
        [
            (Rel, relocationOffset), (RelSize, (ulong)(calls * RelocationLength)), (RelEntry, RelocationLength),
            (SymbolTable, symbolOffset), (SymbolEntry, SymbolLength), (StringTable, stringOffset), (End, 0),
        ];
        for (var i = 0; i < entries.Length; i++)
        {
            Put(bytes, (ulong)(i * DynamicEntryLength), entries[i].Tag);
            Put(bytes, (ulong)(i * DynamicEntryLength + 8), entries[i].Value);
        }
        return bytes;
    }

    private static byte[] SectionNameTable(out uint[] offsets)
    {
        using var names = new MemoryStream();
        offsets = new uint[SectionNames.Length];
        for (var i = 0; i < SectionNames.Length; i++)
        {
            offsets[i] = (uint)names.Position;
            WriteText(names, SectionNames[i]);
        }
        return names.ToArray();
    }

    private static void WriteText(MemoryStream stream, string text)
    {
        stream.Write(Encoding.ASCII.GetBytes(text));
        stream.WriteByte(0);
    }

    private sealed record Section(
        int Index, uint Type, ulong Flags, ulong Offset, byte[] Bytes, uint Link = 0, uint Info = 0, ulong EntryLength = 0)
    {
        public void WriteHeader(byte[] file, ulong table, uint name)
        {
            var at = table + (ulong)Index * SectionHeader;
            Put(file, at, name);
            Put(file, at + 4, Type);
            Put(file, at + 8, Flags);
            Put(file, at + 16, (Flags & ElfObject.FlagAllocated) != 0 ? Offset : 0);
            Put(file, at + 24, Offset);
            Put(file, at + 32, (ulong)Bytes.Length);
            Put(file, at + 40, Link);
            Put(file, at + 44, Info);
            Put(file, at + 48, 8UL);
            Put(file, at + 56, EntryLength);
        }
    }
}
