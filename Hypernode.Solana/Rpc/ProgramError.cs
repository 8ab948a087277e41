using System.Text.RegularExpressions;

namespace Hypernode.Solana;

/// <summary>A failed transaction in words: which program refused, with which number and name, and what it logged.</summary>
/// <param name="Number">the program's own number (Anchor's start at 6000); null for a runtime error</param>
/// <param name="Name">Anchor's name, a known program's name for the number, or the runtime's</param>
/// <param name="Program">who refused, where logs or the transaction tell</param>
public sealed partial record ProgramError(
    uint? Number, string Name, string Message, PublicKey? Program, int? InstructionIndex, IReadOnlyList<string> Logs)
{
    private static readonly string[] TokenErrors =
    [
        "NotRentExempt", "InsufficientFunds", "InvalidMint", "MintMismatch", "OwnerMismatch", "FixedSupply", "AlreadyInUse",
        "InvalidNumberOfProvidedSigners", "InvalidNumberOfRequiredSigners", "UninitializedState", "NativeNotSupported",
        "NonNativeHasBalance", "InvalidInstruction", "InvalidState", "Overflow", "AuthorityTypeNotSupported",
        "MintCannotFreeze", "AccountFrozen", "MintDecimalsMismatch", "NonNativeNotSupported",
    ];

    private static readonly string[] SystemErrors =
    [
        "AccountAlreadyInUse", "ResultWithNegativeLamports", "InvalidProgramId", "InvalidAccountDataLength",
        "MaxSeedLengthExceeded", "AddressWithSeedMismatch", "NonceNoRecentBlockhashes", "NonceBlockhashNotExpired",
        "NonceUnexpectedBlockhashValue",
    ];

    private static readonly string[] PrecompileErrors =
        ["InvalidPublicKey", "InvalidRecoveryId", "InvalidSignature", "InvalidDataOffsets", "InvalidInstructionDataSize"];

    /// <param name="error">from the RPC</param>
    /// <param name="logs">of the transaction, as far as known</param>
    /// <param name="programs">the program of each instruction: a precompile fails without a log line</param>
    public static ProgramError Decode(TransactionError error, IReadOnlyList<string>? logs = null, IReadOnlyList<PublicKey>? programs = null)
    {
        logs ??= [];
        var program = FailedProgram(logs) ?? TopLevelProgram(error, programs);
        if (AnchorError(logs) is { } anchor && anchor.Number == error.CustomCode)
        {
            return new ProgramError(anchor.Number, anchor.Name, anchor.Message, program, error.InstructionIndex, logs);
        }

        if (error.CustomCode is not { } number)
        {
            var runtime = error.InstructionError ?? error.Kind;
            return new ProgramError(null, runtime, runtime, program, error.InstructionIndex, logs);
        }

        var name = KnownNames(program) is { } names && number < names.Length ? names[number] : "Custom";
        return new ProgramError(number, name, $"custom program error 0x{number:x}", program, error.InstructionIndex, logs);
    }

    /// <summary>As one of a program's own errors; null when another program or the runtime refused.</summary>
    public TError? As<TError>(PublicKey program)
        where TError : struct, Enum =>
        Number is { } number && (Program is null || Program == program) && Enum.IsDefined(typeof(TError), (int)number)
            ? (TError)Enum.ToObject(typeof(TError), number)
            : null;

    public override string ToString() =>
        $"{Name}{(Number is null ? "" : $" ({Number})")}{(InstructionIndex is null ? "" : $" in instruction {InstructionIndex}")}{(Program is null ? "" : $" of {Program}")}";

    private static string[]? KnownNames(PublicKey? program) =>
        program == TokenProgram.ProgramIdKey ? TokenErrors
        : program == SystemProgram.ProgramIdKey ? SystemErrors
        : program == Ed25519Program.ProgramIdKey ? PrecompileErrors
        : null;

    private static (uint Number, string Name, string Message)? AnchorError(IReadOnlyList<string> logs)
    {
        // The last one: an error that a program caught and survived may stand before it.
        foreach (var line in logs.Reverse())
        {
            if (AnchorLine().Match(line) is { Success: true } match && uint.TryParse(match.Groups["number"].ValueSpan, out var number))
            {
                return (number, match.Groups["name"].Value, match.Groups["message"].Value);
            }
        }

        return null;
    }

    // The innermost program fails first; its callers follow it with the same error.
    private static PublicKey? FailedProgram(IReadOnlyList<string> logs)
    {
        foreach (var line in logs)
        {
            if (FailedLine().Match(line) is { Success: true } match && PublicKey.TryParse(match.Groups["program"].Value, out var program))
            {
                return program;
            }
        }

        return null;
    }

    private static PublicKey? TopLevelProgram(TransactionError error, IReadOnlyList<PublicKey>? programs) =>
        error.InstructionIndex is { } index && programs is not null && index < programs.Count ? programs[index] : null;

    [GeneratedRegex(@"^Program log: AnchorError .*Error Code: (?<name>\w+)\. Error Number: (?<number>\d+)\. Error Message: (?<message>.*?)\.?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AnchorLine();

    [GeneratedRegex("^Program (?<program>[1-9A-HJ-NP-Za-km-z]{32,44}) failed: ", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FailedLine();
}
