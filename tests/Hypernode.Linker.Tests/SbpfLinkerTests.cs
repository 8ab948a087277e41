using System.Buffers.Binary;
using System.Text;
using Sbpf.Linker;
using Sbpf.Linker.Linking;

namespace Hypernode.Linker.Tests;

public sealed class SbpfLinkerTests
{
    private static string Refusal(BpfObject input, SbpfVersion version = SbpfVersion.V0) =>
        Should.Throw<LinkException>(() => SbpfLinker.Link(input.Build(), version)).Message;

    private static BpfObject WithCode(params byte[][] code) => new BpfObject().WithText([.. code.SelectMany(i => i), .. BpfObject.Exit]);

    private static uint U32(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));

    [Theory]
    [InlineData(SbpfVersion.V0, 0u, 64 + 3 * 56)]
    [InlineData(SbpfVersion.V3, 3u, 64 + 56)]
    public void A_trivial_program_links_to_a_shared_object_of_its_version(SbpfVersion version, uint flags, int textOffset)
    {
        var program = SbpfLinker.Link(BpfObject.Trivial().Build(), version);
        Encoding.ASCII.GetString(program.Bytes, 1, 3).ShouldBe("ELF");
        U32(program.Bytes, 16).ShouldBe(3u | 247u << 16);
        U32(program.Bytes, 48).ShouldBe(flags);
        program.TextLength.ShouldBe(16);
        program.Bytes.AsSpan(textOffset, 16).ToArray().ShouldBe([.. BpfObject.ReturnZero, .. BpfObject.Exit]);
        program.Syscalls.ShouldBeEmpty();
    }

    [Fact]
    public void Linking_twice_gives_the_same_bytes()
    {
        var input = WithCode(BpfObject.Instruction(0x85, 0x10, 0, -1)).WithCall(0, "sol_log_").Build();
        SbpfLinker.Link(input, SbpfVersion.V0).Bytes.ShouldBe(SbpfLinker.Link(input, SbpfVersion.V0).Bytes);
    }

    [Fact]
    public void A_writable_section_is_refused() =>
        Refusal(BpfObject.Trivial().WithWritable(new byte[8])).ShouldContain(".data");

    [Fact]
    public void An_unknown_allocated_section_is_refused() =>
        Refusal(BpfObject.Trivial().WithSection(".rodatax", 2, new byte[8], out _)).ShouldContain(".rodatax");

    [Fact]
    public void A_call_of_the_runtime_is_encoded_for_each_version()
    {
        var input = WithCode(BpfObject.Instruction(0x85, 0x10, 0, -1)).WithCall(0, "sol_log_").Build();
        var v0 = SbpfLinker.Link(input, SbpfVersion.V0);
        U32(v0.Bytes, 64 + 3 * 56 + 4).ShouldBe(0xffffffff, "the loader resolves it by the dynamic relocation");
        v0.Syscalls.ShouldBe(["sol_log_"]);
        Encoding.ASCII.GetString(v0.Bytes).ShouldContain("sol_log_\0");
        var v3 = SbpfLinker.Link(input, SbpfVersion.V3);
        U32(v3.Bytes, 64 + 56 + 4).ShouldBe(SyscallTable.Key("sol_log_"));
        v3.Bytes[64 + 56 + 1].ShouldBe((byte)0);
    }

    [Fact]
    public void A_compilers_trap_becomes_abort()
    {
        var program = SbpfLinker.Link(WithCode(BpfObject.Instruction(0x85, 0x10, 0, -1)).WithCall(0, "__bpf_trap").Build(), SbpfVersion.V0);
        program.Syscalls.ShouldBe(["abort"]);
    }

    [Theory]
    [InlineData("memcpy")]
    [InlineData("__multi3")]
    [InlineData("sol_does_not_exist")]
    public void An_unknown_undefined_symbol_is_refused(string name) =>
        Refusal(WithCode(BpfObject.Instruction(0x85, 0x10, 0, -1)).WithCall(0, name)).ShouldContain(name);

    [Fact]
    public void A_call_within_the_program_becomes_a_distance()
    {
        // call callee; exit; callee: exit
        var input = WithCode(BpfObject.Instruction(0x85, 0x10, 0, -1), BpfObject.Exit)
            .WithSymbol("callee", 16, 1).WithRelocation(0, BpfObject.Call).Build();
        U32(SbpfLinker.Link(input, SbpfVersion.V0).Bytes, 64 + 3 * 56 + 4).ShouldBe(1u);
    }

    [Fact]
    public void An_address_of_read_only_data_is_filled_in()
    {
        var load = (byte[])[.. BpfObject.Instruction(0x18, 0x11), .. BpfObject.Instruction(0)];
        var input = WithCode(load).WithReadOnly([1, 2, 3, 4, 5, 6, 7, 8], out var section)
            .WithSymbol("data", 4, section).WithRelocation(0, BpfObject.Address64).Build();
        var program = SbpfLinker.Link(input, SbpfVersion.V0);
        const int Text = 64 + 3 * 56;
        var address = U32(program.Bytes, Text + 4) | (ulong)U32(program.Bytes, Text + 12) << 32;
        address.ShouldBe((1UL << 32) + Text + 24 + 4);
        program.Bytes[Text + 1].ShouldBe((byte)1, "the register stays, the mark of a map goes");
    }

    [Fact]
    public void A_pointer_in_read_only_data_is_filled_in()
    {
        var input = BpfObject.Trivial().WithReadOnly(new byte[8], out var section)
            .WithSymbol("self", 0, section).WithRelocation(0, BpfObject.Data64, section).Build();
        U64(SbpfLinker.Link(input, SbpfVersion.V3).Bytes, 64 + 2 * 56).ShouldBe(0UL);
        U64(SbpfLinker.Link(input, SbpfVersion.V0).Bytes, 64 + 3 * 56 + 16).ShouldBe((1UL << 32) + 64 + 3 * 56 + 16);
    }

    [Fact]
    public void The_address_of_an_undefined_symbol_is_refused()
    {
        var load = (byte[])[.. BpfObject.Instruction(0x18, 0x11), .. BpfObject.Instruction(0)];
        Refusal(WithCode(load).WithSymbol("elsewhere", 0, 0).WithRelocation(0, BpfObject.Address64)).ShouldContain("elsewhere");
    }

    [Theory]
    [InlineData(3u)]
    [InlineData(4u)]
    [InlineData(0u)]
    public void An_unknown_relocation_is_refused(uint type) =>
        Refusal(BpfObject.Trivial().WithSymbol("s", 0, 1).WithRelocation(0, type)).ShouldContain($"relocation type {type}");

    [Fact]
    public void A_call_relocation_of_what_is_no_call_is_refused() =>
        Refusal(BpfObject.Trivial().WithCall(0, "sol_log_")).ShouldContain("relocation type 10");

    [Fact]
    public void A_relocation_outside_its_section_is_refused() =>
        Refusal(BpfObject.Trivial().WithCall(99, "sol_log_")).ShouldContain("ends too early");

    [Theory]
    [InlineData(0x04)] // add32
    [InlineData(0x1c)] // sub32
    [InlineData(0x2c)] // mul32
    [InlineData(0xb4)] // mov32
    public void Arithmetic_in_32_bits_is_refused(byte opcode) =>
        Refusal(WithCode(BpfObject.Instruction(opcode))).ShouldContain("32-bit arithmetic");

    [Theory]
    [InlineData(0xdb)] // atomic
    [InlineData(0x91)] // sign-extending load
    [InlineData(0x30)] // legacy packet load
    [InlineData(0x16)] // jump on 32 bits
    [InlineData(0xe7)]
    public void Instructions_that_do_not_exist_on_chain_are_refused(byte opcode) =>
        Refusal(WithCode(BpfObject.Instruction(opcode))).ShouldContain($"{opcode:x2}");

    [Fact]
    public void A_signed_division_hidden_in_the_offset_is_refused() =>
        Refusal(WithCode(BpfObject.Instruction(0x3f, 0x21, 1))).ShouldContain("signed division");

    [Theory]
    [InlineData(0x79, 0xa1)] // load 64 bits
    [InlineData(0x71, 0xa1)] // load 8 bits
    [InlineData(0x7b, 0x1a)] // store a register
    [InlineData(0x7a, 0x0a)] // store an immediate
    public void A_frame_of_more_than_four_kilobytes_is_refused(byte opcode, byte registers)
    {
        SbpfLinker.Link(WithCode(BpfObject.Instruction(opcode, registers, -4096)).Build(), SbpfVersion.V0).TextLength.ShouldBe(16);
        Refusal(WithCode(BpfObject.Instruction(opcode, registers, -4104))).ShouldContain("4104 bytes below the frame pointer");
        Refusal(WithCode(BpfObject.Instruction(opcode, registers, -4104)), SbpfVersion.V3).ShouldContain("below the frame pointer");
        SbpfLinker.Link(WithCode(BpfObject.Instruction(opcode, 0x22, -4104)).Build(), SbpfVersion.V0).TextLength.ShouldBe(16, "another register points elsewhere");
    }

    [Fact]
    public void The_address_of_a_local_beyond_the_frame_is_refused()
    {
        static byte[][] Address(int distance) => [BpfObject.Instruction(0xbf, 0xa3), BpfObject.Instruction(0x07, 3, 0, distance)];
        SbpfLinker.Link(WithCode(Address(-4096)).Build(), SbpfVersion.V0).TextLength.ShouldBe(24);
        Refusal(WithCode(Address(-4097))).ShouldContain("4097 bytes below the frame pointer");
        var elsewhere = Address(-9_000);
        elsewhere[1] = BpfObject.Instruction(0x07, 4, 0, -9_000);
        SbpfLinker.Link(WithCode(elsewhere).Build(), SbpfVersion.V0).TextLength.ShouldBe(24, "another register's value is not an address of the frame");
    }

    [Fact]
    public void A_helper_called_by_number_is_refused() =>
        Refusal(WithCode(BpfObject.Instruction(0x85, 0, 0, 6))).ShouldContain("by number");

    [Fact]
    public void An_indirect_calls_register_moves_for_version_0()
    {
        var input = WithCode(BpfObject.Instruction(0x8d, 3)).Build();
        var v0 = SbpfLinker.Link(input, SbpfVersion.V0).Bytes;
        (v0[64 + 3 * 56 + 1], U32(v0, 64 + 3 * 56 + 4)).ShouldBe(((byte)0, 3u));
        SbpfLinker.Link(input, SbpfVersion.V3).Bytes[64 + 56 + 1].ShouldBe((byte)3);
    }

    [Fact]
    public void A_program_without_an_entry_point_is_refused() =>
        Refusal(new BpfObject().WithText(BpfObject.Exit, entry: "main")).ShouldContain("entrypoint");

    [Fact]
    public void An_object_for_another_machine_is_refused() =>
        Refusal(new BpfObject { Machine = 62 }.WithText(BpfObject.Exit)).ShouldContain("BPF");

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(100)]
    public void A_file_cut_short_is_refused(int length)
    {
        var file = BpfObject.Trivial().Build()[..length];
        Should.Throw<LinkException>(() => SbpfLinker.Link(file, SbpfVersion.V0));
    }
}
