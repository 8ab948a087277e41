using Sbpf.Linker;
using Sbpf.Linker.Ir;
using Sbpf.Linker.Linking;

const string Usage = """
    sbpf-link inline FILE.ll              force functions inline that the BPF back end cannot call
    sbpf-link lower FILE.ll               replace what the BPF back end cannot express
    sbpf-link link v0|v3 IN.o OUT.so      link one relocatable object
    """;

try
{
    switch (args)
    {
        case ["inline", var file]:
            File.WriteAllText(file, ForcedInlining.Apply(File.ReadAllText(file), out var forced));
            Console.WriteLine($"sbpf-link: {forced} functions forced inline");
            return 0;
        case ["lower", var file]:
            var memory = MemoryLowering.Apply(File.ReadAllText(file), out var calls);
            File.WriteAllText(file, ArithmeticLowering.Apply(memory, out var operations));
            Console.WriteLine($"sbpf-link: {calls} memory intrinsics became syscalls, {operations} arithmetic operations became code");
            return 0;
        case ["link", "v0" or "v3", var input, var output]:
            var version = args[1] == "v0" ? SbpfVersion.V0 : SbpfVersion.V3;
            var program = SbpfLinker.Link(File.ReadAllBytes(input), version);
            File.WriteAllBytes(output, program.Bytes);
            Console.WriteLine($"sbpf-link: {args[1]}, text {program.TextLength} B, rodata {program.ReadOnlyLength} B, syscalls {string.Join(' ', program.Syscalls)}");
            return 0;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
catch (LinkException e)
{
    Console.Error.WriteLine($"sbpf-link: {e.Message}");
    return 1;
}
