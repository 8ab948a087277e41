using Sbpf.Linker.Elf;
using static Sbpf.Linker.Elf.LittleEndian;

namespace Sbpf.Linker.Linking;

/// <summary>
/// Lays out one relocatable object as text and read-only data, resolves its relocations, and checks every instruction.
/// There is no writable data on chain: an object that has any is refused.
/// </summary>
public sealed class SbpfLinker
{
    private const string EntryPoint = "entrypoint";
    private const string CompilerTrap = "__bpf_trap";
    private const uint ResolvedByLoader = 0xffffffff;

    private readonly ElfObject input;
    private readonly SbpfVersion version;
    private readonly byte[] text;
    private readonly byte[] readOnly;
    private readonly ulong textAddress;
    private readonly ulong readOnlyAddress;
    private readonly ulong textFileOffset;
    private readonly List<(ulong Offset, string Name)> calls = [];
    private readonly SortedSet<string> syscalls = new(StringComparer.Ordinal);

    private SbpfLinker(ElfObject input, SbpfVersion version)
    {
        this.input = input;
        this.version = version;
        RefuseWritableSections();
        text = Place(input.Sections.Where(s => s.IsExecutable), InstructionSet.Length);
        readOnly = Place(input.Sections.Where(s => s.IsReadOnlyData).OrderByDescending(s => s.Alignment), 1);
        (textFileOffset, textAddress, readOnlyAddress) = version == SbpfVersion.V0
            ? SharedObjectV0.Layout(text.Length)
            : SharedObjectV3.Layout(readOnly.Length);
    }

    public static LinkedProgram Link(byte[] relocatable, SbpfVersion version)
    {
        var linker = new SbpfLinker(ElfObject.Parse(relocatable), version);
        return linker.Run();
    }

    private LinkedProgram Run()
    {
        var entry = EntryOffset();
        var relocated = new HashSet<ulong>();
        foreach (var section in input.Sections.Where(s => s.IsExecutable || s.IsReadOnlyData))
        {
            foreach (var relocation in section.Relocations)
            {
                Relocate(section, relocation);
                if (section.IsExecutable)
                    relocated.Add(section.OutputOffset + relocation.Offset);
            }
        }
        InstructionSet.CheckAndFix(text, relocated, version);
        var bytes = version == SbpfVersion.V0
            ? SharedObjectV0.Emit(text, readOnly, entry, calls)
            : SharedObjectV3.Emit(text, readOnly, entry);
        return new LinkedProgram(bytes, text.Length, readOnly.Length, [.. syscalls]);
    }

    private void RefuseWritableSections()
    {
        foreach (var section in input.Sections.Where(s => s.IsAllocated && !s.IsExecutable && !s.IsReadOnlyData))
            throw new LinkException($"section {section.Name}: only code and read-only data exist on chain (a `static mut`?)");
    }

    /// <summary>Gives each section its offset, and joins their bytes.</summary>
    private static byte[] Place(IEnumerable<ElfSection> sections, ulong minimumAlignment)
    {
        ulong length = 0;
        var placed = new List<ElfSection>();
        foreach (var section in sections)
        {
            length = AlignUp(length, Math.Max(section.Alignment, minimumAlignment));
            section.OutputOffset = length;
            length += section.Size;
            placed.Add(section);
        }
        var bytes = new byte[AlignUp(length, 8)];
        foreach (var section in placed)
            section.Data.CopyTo(bytes, (int)section.OutputOffset);
        return bytes;
    }

    private ulong EntryOffset()
    {
        foreach (var symbol in input.Symbols)
        {
            if (symbol.Name == EntryPoint && symbol.Section > 0 && Section(symbol).IsExecutable)
                return Section(symbol).OutputOffset + symbol.Value;
        }
        throw new LinkException($"no symbol named {EntryPoint}");
    }

    private ElfSection Section(ElfSymbol symbol) =>
        symbol.Section < input.Sections.Count
            ? input.Sections[symbol.Section]
            : throw new LinkException($"symbol {symbol.Name} lies in no section");

    private void Relocate(ElfSection section, ElfRelocation relocation)
    {
        var bytes = section.IsExecutable ? text : readOnly;
        var at = section.OutputOffset + relocation.Offset;
        var symbol = input.Symbols[relocation.Symbol];
        Slice(bytes, at, 8); // refuses an offset outside
        switch (relocation.Type)
        {
            case ElfObject.RelocationAddress64 when section.IsExecutable:
                var address = Address(symbol, section, U32(bytes, at + 4) | (ulong)U32(bytes, at + 12) << 32);
                Put(bytes, at + 4, (uint)address);
                Put(bytes, at + 12, (uint)(address >> 32));
                bytes[at + 1] &= 0x0f; // the source register marks a map load upstream
                break;
            case ElfObject.RelocationData64:
                Put(bytes, at, Address(symbol, section, U64(bytes, at)));
                break;
            case ElfObject.RelocationCall when section.IsExecutable && bytes[at] == InstructionSet.Call:
                if (symbol.Section == 0)
                    CallRuntime(at, symbol);
                else
                    CallFunction(at, symbol);
                break;
            default:
                throw new LinkException($"{section.Name}+{relocation.Offset:x}: relocation type {relocation.Type} of opcode {bytes[at]:x2}");
        }
    }

    private ulong Address(ElfSymbol symbol, ElfSection from, ulong addend)
    {
        if (symbol.Section == 0)
            throw new LinkException($"{from.Name}: the address of {symbol.Name}, which is not defined");
        var target = Section(symbol);
        if (!target.IsExecutable && !target.IsReadOnlyData)
            throw new LinkException($"{from.Name}: a reference into {target.Name}");
        return (target.IsExecutable ? textAddress : readOnlyAddress) + target.OutputOffset + symbol.Value + addend;
    }

    private void CallRuntime(ulong at, ElfSymbol symbol)
    {
        var name = symbol.Name == CompilerTrap ? "abort" : symbol.Name;
        if (!SyscallTable.Contains(name))
            throw new LinkException($"undefined symbol {name}");
        syscalls.Add(name);
        if (version == SbpfVersion.V0)
        {
            text[at + 1] = InstructionSet.ProgramRelative;
            Put(text, at + 4, ResolvedByLoader);
            calls.Add((textFileOffset + at, name));
        }
        else
        {
            text[at + 1] = 0;
            Put(text, at + 4, SyscallTable.Key(name));
        }
    }

    private void CallFunction(ulong at, ElfSymbol symbol)
    {
        var target = Section(symbol);
        if (!target.IsExecutable)
            throw new LinkException($"a call into {target.Name}");
        // Upstream's addend is implicit: the immediate holds the distance within the section, less one.
        var instruction = (long)(target.OutputOffset + symbol.Value) / 8 + (int)U32(text, at + 4) + 1;
        var distance = instruction - (long)at / 8 - 1;
        if (version == SbpfVersion.V0 && distance == -1)
            throw new LinkException("version 0 cannot encode a call of the call itself");
        text[at + 1] = InstructionSet.ProgramRelative;
        Put(text, at + 4, (uint)(int)distance);
    }
}
