namespace Hypernode.NodeAgent.Adapters.Http;

/// <summary>
/// What a node's key signs to sign in, and nothing else: the text comes from the other side, and the same key signs registrations,
/// receipts and transactions. Who could have any text signed could sign those.
/// </summary>
internal static class SignInText
{
    private const string Title = "HYPERNODE Sign-in";
    private const string Promise = "By signing this message, you sign in. It moves no money.";
    private const int MaxLength = 1_024;

    /// <exception cref="HttpRequestException">It is not a sign-in of this key: it is not signed.</exception>
    public static void Require(string text, string key)
    {
        var lines = text.Split('\n');
        var proper = text.Length <= MaxLength
            && lines is [Title, "", _, _, _, _, "", Promise]
            && lines[2].StartsWith("Network: ", StringComparison.Ordinal)
            && lines[3] == $"Wallet: {key}"
            && lines[4].StartsWith("Challenge: ", StringComparison.Ordinal)
            && lines[5].StartsWith("Expires: ", StringComparison.Ordinal);
        if (!proper)
        {
            throw new HttpRequestException("the API asks to sign something else than a sign-in: it is refused");
        }
    }
}
