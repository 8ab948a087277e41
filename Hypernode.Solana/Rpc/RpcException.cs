namespace Hypernode.Solana;

/// <summary>The node answered, with an error. For a send: it was refused before it went anywhere.</summary>
public sealed class RpcException : Exception
{
    public RpcException(string method, int code, string message, TransactionError? error = null, ProgramError? programError = null, IReadOnlyList<string>? logs = null)
        : base($"{method}: {message} ({code}){(programError is null ? "" : $": {programError}")}")
    {
        Method = method;
        Code = code;
        TransactionError = error;
        ProgramError = programError;
        Logs = logs ?? [];
    }

    public string Method { get; }

    /// <summary>JSON-RPC's, or Solana's own (-32002 preflight failure, -32005 node behind, ...)</summary>
    public int Code { get; }

    /// <summary>Why the preflight simulation failed, if that is what it was.</summary>
    public TransactionError? TransactionError { get; }

    public ProgramError? ProgramError { get; }

    /// <summary>Of the preflight simulation.</summary>
    public IReadOnlyList<string> Logs { get; }
}

/// <summary>No answer, or none that can be read. For a send: it may have happened.</summary>
public sealed class RpcTransportException : Exception
{
    public RpcTransportException(string method, string reason, Exception? inner = null)
        : base($"{method}: {reason}", inner) => Method = method;

    public string Method { get; }
}
