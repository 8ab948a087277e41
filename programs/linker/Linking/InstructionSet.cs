using static Sbpf.Linker.Elf.LittleEndian;

namespace Sbpf.Linker.Linking;

/// <summary>
/// What SBPF executes of what upstream's back end can emit with <c>-mcpu=v2</c>, byte for byte; everything else is refused.
/// An instruction is: opcode | source and destination register | i16 offset | i32 immediate.
/// </summary>
internal static class InstructionSet
{
    public const ulong Length = 8;
    public const byte LoadImmediate64 = 0x18, Call = 0x85, CallRegister = 0x8d;
    public const byte ProgramRelative = 0x10;

    private const int FrameLength = 4_096, FramePointer = 10;
    private const byte Move64 = 0xbf, AddImmediate64 = 0x07;

    private const byte ToLittleEndian = 0xd4, ToBigEndian = 0xdc;
    private const byte LastArithmetic64 = 0xcf, LastJump = 0xdd;

    /// <summary>Checks every instruction, and moves the register of an indirect call to where version 0 wants it.</summary>
    /// <param name="text">The relocated instructions.</param>
    /// <param name="relocated">Offsets of those that a relocation has rewritten.</param>
    /// <param name="version">The target.</param>
    public static void CheckAndFix(byte[] text, IReadOnlySet<ulong> relocated, SbpfVersion version)
    {
        for (ulong at = 0; at < (ulong)text.Length; at += Length)
        {
            switch (text[at])
            {
                case LoadImmediate64:
                    at += Length; // it has a second half
                    break;
                case Call when !relocated.Contains(at) && text[at + 1] >> 4 != ProgramRelative >> 4:
                    throw new LinkException($"instruction {at / Length}: a helper called by number");
                case CallRegister when version == SbpfVersion.V0:
                    Put(text, at + 4, (uint)(text[at + 1] & 15));
                    text[at + 1] = 0;
                    break;
                default:
                    Check(text, at);
                    break;
            }
        }
    }

    private static void Check(byte[] text, ulong at)
    {
        var opcode = text[at];
        const byte MemoryMode = 0x60;
        var known = (opcode & 7) switch
        {
            // Memory mode only: neither sign-extending loads nor atomic operations exist.
            1 or 2 or 3 => (opcode & 0xe0) == MemoryMode,
            4 => opcode is ToLittleEndian or ToBigEndian,
            5 => opcode <= LastJump,
            7 => opcode <= LastArithmetic64,
            _ => false,
        };
        if (!known)
        {
            var hint = (opcode & 7) is 4 or 6 ? "32-bit arithmetic sign-extends there: compile with -mcpu=v2" : "compile with -mcpu=v2";
            throw new LinkException($"instruction {at / Length}: opcode {opcode:x2} is not SBPF's ({hint})");
        }
        CheckFrame(text, at);
        var usesOffset = text[at + 2] != 0 || text[at + 3] != 0;
        if ((opcode & 7) == 7 && usesOffset)
            throw new LinkException($"instruction {at / Length}: opcode {opcode:x2} with an offset (a signed division or a sign-extending move)");
    }

    /// <summary>
    /// A frame has 4 KB. What lies below it belongs to nobody, or to the function that is called next; the runtime notices
    /// only the former. So an access or an address further down is refused.
    /// </summary>
    private static void CheckFrame(byte[] text, ulong at)
    {
        var (target, source) = (text[at + 1] & 15, text[at + 1] >> 4);
        var distance = (text[at] & 7) switch
        {
            1 when source == FramePointer => (short)(text[at + 2] | text[at + 3] << 8),
            2 or 3 when target == FramePointer => (short)(text[at + 2] | text[at + 3] << 8),
            // The address of a local: the back end copies the frame pointer, and subtracts.
            _ when text[at] == AddImmediate64 && at >= Length && text[at - Length] == Move64
                && text[at - Length + 1] == (FramePointer << 4 | target) => (int)U32(text, at + 4),
            _ => 0,
        };
        if (distance < -FrameLength)
            throw new LinkException($"instruction {at / Length}: {-distance} bytes below the frame pointer, of the {FrameLength} that a frame has");
    }
}
