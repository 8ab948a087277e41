namespace Hypernode.Solana;

/// <summary>
/// News about transactions. A signal is a reason to ask, never an answer: what it says could be a lie or of a fork, and
/// none may come at all, so whoever waits for one also asks from time to time.
/// </summary>
public interface ISignatureSignals
{
    /// <summary>From now on. Watch before sending: then no answer can come too early to be noticed.</summary>
    /// <param name="signature">base58</param>
    ISignatureSignal Watch(string signature, Commitment commitment);
}

/// <summary>One watched signature; disposed when nobody waits for it any more.</summary>
public interface ISignatureSignal : IDisposable
{
    /// <summary>Completes when the subscription stands. It may never: wait for it with a limit.</summary>
    Task Ready { get; }

    /// <summary>Is somebody there who would tell?</summary>
    bool IsLive { get; }

    /// <summary>Completes when there is reason to ask: the signature has got there, or news may have been missed.</summary>
    Task Fired { get; }

    /// <summary>Before asking: what happens from here on fires again.</summary>
    void Rearm();
}
