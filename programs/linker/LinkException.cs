namespace Sbpf.Linker;

/// <summary>The input holds something that no Solana program can hold. Refused, never guessed at.</summary>
public sealed class LinkException(string message) : Exception(message);
