using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Hypernode.NodeAgent.Tests.Abuse;

/// <summary>One system call. Arguments are numbers, texts and bytes (passed by address), or the result of an earlier call.</summary>
public sealed record Syscall(string Name, int Number, params object[] Arguments)
{
    /// <param name="Call">Its place in the list.</param>
    public sealed record ResultOf(int Call);

    public override string ToString() => Name;
}

/// <summary>
/// A tiny static ELF program that makes system calls one after another and writes their results (8 bytes each, minus the errno
/// where refused) to its output: a job that needs neither compiler nor library, for what no shell can try. x86-64 only.
/// </summary>
public static class SyscallProbe
{
    private const ulong Base = 0x400000;
    private const int HeaderBytes = 64 + 56;
    private const int CallBytes = (7 * 10) + 3 + 10 + 2 + 10;

    /// <summary>In the order of the arguments of the kernel: mov rdi, rsi, rdx, r10, r8, r9 with a constant of 64 bits.</summary>
    private static readonly byte[][] LoadConstant = [[0x48, 0xBF], [0x48, 0xBE], [0x48, 0xBA], [0x49, 0xBA], [0x49, 0xB8], [0x49, 0xB9]];

    public static byte[] Build(IReadOnlyList<Syscall> calls)
    {
        if (RuntimeInformation.OSArchitecture != Architecture.X64)
        {
            throw new PlatformNotSupportedException("the system call probe is machine code for x86-64");
        }

        // Code, then results, then texts: sizes are bounded first, so that addresses are known.
        var results = Base + Align(HeaderBytes + ((calls.Count + 2) * CallBytes));
        var texts = results + ((ulong)calls.Count * 8);
        var (code, data) = (new List<byte>(), new List<byte>());
        for (var i = 0; i < calls.Count; i++)
        {
            Emit(code, data, calls[i].Number, calls[i].Arguments, results, texts);
            code.AddRange([0x48, 0xA3, .. Bytes(results + ((ulong)i * 8))]);   // mov [result], rax
        }

        Emit(code, data, 1, [1L, results, (long)calls.Count * 8], results, texts);   // write
        Emit(code, data, 231, [0L], results, texts);                                 // exit_group
        var file = new byte[(int)(texts - Base) + data.Count];
        Header(file);
        code.CopyTo(file, HeaderBytes);
        data.CopyTo(file, (int)(texts - Base));
        return file;
    }

    private static void Emit(List<byte> code, List<byte> data, int number, object[] arguments, ulong results, ulong texts)
    {
        for (var i = 0; i < 6; i++)
        {
            switch (i < arguments.Length ? arguments[i] : 0L)
            {
                case Syscall.ResultOf earlier:
                    i.ShouldBe(0, "only the first argument can be an earlier result");
                    code.AddRange([0x48, 0xA1, .. Bytes(results + ((ulong)earlier.Call * 8)), 0x48, 0x89, 0xC7]);   // mov rax, [result]; mov rdi, rax
                    break;
                case string text:
                    code.AddRange([.. LoadConstant[i], .. Bytes(texts + (ulong)data.Count)]);
                    data.AddRange([.. Encoding.UTF8.GetBytes(text), 0]);
                    break;
                case byte[] bytes:
                    code.AddRange([.. LoadConstant[i], .. Bytes(texts + (ulong)data.Count)]);
                    data.AddRange(bytes);
                    break;
                case ulong value:
                    code.AddRange([.. LoadConstant[i], .. Bytes(value)]);
                    break;
                case var value:
                    code.AddRange([.. LoadConstant[i], .. Bytes((ulong)Convert.ToInt64(value))]);
                    break;
            }
        }

        code.AddRange([0x48, 0xB8, .. Bytes((ulong)number), 0x0F, 0x05]);   // mov rax, number; syscall
    }

    private static void Header(byte[] file)
    {
        byte[] start = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        start.CopyTo(file, 0);
        Put16(16, 2);                        // an executable
        Put16(18, 62);                       // x86-64
        Put32(20, 1);
        Put64(24, Base + HeaderBytes);       // entry
        Put64(32, 64);                       // program headers
        Put16(52, 64);
        Put16(54, 56);
        Put16(56, 1);
        Put32(64, 1);                        // load
        Put32(68, 7);                        // read, write, execute
        Put64(80, Base);
        Put64(88, Base);
        Put64(96, (ulong)file.Length);
        Put64(104, (ulong)file.Length);
        Put64(112, 0x1000);

        void Put16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);
        void Put32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
        void Put64(int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
    }

    private static ulong Align(int value) => ((ulong)value + 15) & ~15UL;

    private static byte[] Bytes(ulong value) => BitConverter.GetBytes(value);
}
