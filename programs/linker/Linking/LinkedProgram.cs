namespace Sbpf.Linker.Linking;

/// <summary>The bytecode's version: 0 is what every cluster runs, 3 is the newest format.</summary>
public enum SbpfVersion
{
    V0 = 0,
    V3 = 3,
}

/// <summary>A program as the loaders take it, and what went into it (lengths in bytes).</summary>
public sealed record LinkedProgram(byte[] Bytes, int TextLength, int ReadOnlyLength, IReadOnlyList<string> Syscalls);
