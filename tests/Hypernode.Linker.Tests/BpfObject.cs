using System.Buffers.Binary;
using System.Text;

namespace Hypernode.Linker.Tests;

/// <summary>Writes a relocatable BPF object as upstream LLVM does, with as much wrong in it as a test wants.</summary>
internal sealed class BpfObject
{
    public const uint Address64 = 1, Data64 = 2, Call = 10;

    private const uint ProgramBits = 1, SymbolTable = 2, StringTable = 3, Relocations = 9;
    private const ulong Allocated = 2, Executable = 4, Writable = 1;

    private readonly List<(string Name, uint Type, ulong Flags, byte[] Data, uint Link, uint Info)> sections = [("", 0, 0, [], 0, 0)];
    private readonly List<(string Name, ulong Value, int Section)> symbols = [("", 0, 0)];
    private readonly Dictionary<int, List<(ulong Offset, uint Type, int Symbol)>> relocations = [];

    public ushort Machine { get; set; } = 247;

    /// <summary>`mov64 r0, 0`</summary>
    public static byte[] ReturnZero => Instruction(0xb7);

    public static byte[] Exit => Instruction(0x95);

    /// <summary>A program that does nothing, and succeeds.</summary>
    public static BpfObject Trivial() => new BpfObject().WithText([.. ReturnZero, .. Exit]);

    public static byte[] Instruction(byte opcode, byte registers = 0, short offset = 0, int immediate = 0)
    {
        var bytes = new byte[8];
        bytes[0] = opcode;
        bytes[1] = registers;
        BinaryPrimitives.WriteInt16LittleEndian(bytes.AsSpan(2), offset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), immediate);
        return bytes;
    }

    public BpfObject WithText(byte[] code, string entry = "entrypoint") =>
        WithSection(".text", Allocated | Executable, code, out var index).WithSymbol(entry, 0, index);

    public BpfObject WithReadOnly(byte[] data, out int section) => WithSection(".rodata", Allocated, data, out section);

    public BpfObject WithWritable(byte[] data) => WithSection(".data", Allocated | Writable, data, out _);

    public BpfObject WithSection(string name, ulong flags, byte[] data, out int index)
    {
        sections.Add((name, ProgramBits, flags, data, 0, 0));
        index = sections.Count - 1;
        return this;
    }

    public BpfObject WithSymbol(string name, ulong value, int section)
    {
        symbols.Add((name, value, section));
        return this;
    }

    /// <summary>A relocation in the first section (the text) against the latest symbol.</summary>
    public BpfObject WithRelocation(ulong offset, uint type, int section = 1)
    {
        if (!relocations.TryGetValue(section, out var list))
            relocations[section] = list = [];
        list.Add((offset, type, symbols.Count - 1));
        return this;
    }

    /// <summary>A call of an undefined symbol at instruction <paramref name="index"/>.</summary>
    public BpfObject WithCall(int index, string name) => WithSymbol(name, 0, 0).WithRelocation((ulong)index * 8, Call);

    public byte[] Build()
    {
        var all = sections.ToList();
        var names = new Strings();
        var symbolTable = new MemoryStream();
        foreach (var (name, value, section) in symbols)
            symbolTable.Write([.. U32(names.Add(name)), 0x10, 0, .. U16((ushort)section), .. U64(value), .. U64(0)]);
        var symbolIndex = (uint)(all.Count + relocations.Count);
        foreach (var (section, list) in relocations)
        {
            var data = list.SelectMany(r => (byte[])[.. U64(r.Offset), .. U64((ulong)r.Symbol << 32 | r.Type)]).ToArray();
            all.Add((".rel" + sections[section].Name, Relocations, 0, data, symbolIndex, (uint)section));
        }
        all.Add((".symtab", SymbolTable, 0, symbolTable.ToArray(), symbolIndex + 1, 1));
        all.Add((".strtab", StringTable, 0, names.Bytes, 0, 0));
        var sectionNames = new Strings();
        var nameOffsets = all.Select(s => sectionNames.Add(s.Name)).ToList();
        nameOffsets.Add(sectionNames.Add(".shstrtab"));
        all.Add((".shstrtab", StringTable, 0, sectionNames.Bytes, 0, 0));

        var body = new MemoryStream();
        var headers = new MemoryStream();
        for (var i = 0; i < all.Count; i++)
        {
            var (_, type, flags, data, link, info) = all[i];
            var offset = (ulong)(64 + body.Length);
            body.Write(data);
            while (body.Length % 8 != 0)
                body.WriteByte(0);
            headers.Write([.. U32(nameOffsets[i]), .. U32(type), .. U64(flags), .. U64(0), .. U64(offset), .. U64((ulong)data.Length)]);
            headers.Write([.. U32(link), .. U32(info), .. U64(8), .. U64(0)]);
        }
        byte[] file =
        [
            0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, .. new byte[8], .. U16(1), .. U16(Machine), .. U32(1), .. U64(0), .. U64(0),
            .. U64((ulong)(64 + body.Length)), .. U32(0), .. U16(64), .. U16(0), .. U16(0), .. U16(64), .. U16((ushort)all.Count),
            .. U16((ushort)(all.Count - 1)),
        ];
        return [.. file, .. body.ToArray(), .. headers.ToArray()];
    }

    private static byte[] U16(ushort value) => BitConverter.GetBytes(value);

    private static byte[] U32(uint value) => BitConverter.GetBytes(value);

    private static byte[] U64(ulong value) => BitConverter.GetBytes(value);

    private sealed class Strings
    {
        private readonly List<byte> bytes = [0];

        public byte[] Bytes => [.. bytes];

        public uint Add(string text)
        {
            if (text.Length == 0)
                return 0;
            var at = (uint)bytes.Count;
            bytes.AddRange(Encoding.ASCII.GetBytes(text));
            bytes.Add(0);
            return at;
        }
    }
}
