namespace Hypernode.Workers;

/// <summary>A worker can't know its answer now. The command is asked again, at the latest by the saga's own step timer.</summary>
public sealed class AnswerUnknownException(string message, Exception? inner = null) : Exception(message, inner);
