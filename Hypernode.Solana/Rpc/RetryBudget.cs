namespace Hypernode.Solana;

/// <summary>
/// How many retries a client may spend: answers earn a tenth of one, a retry costs one. So a node in trouble sees at
/// most a tenth more load from its clients' retries, not a multiple of it.
/// </summary>
internal sealed class RetryBudget
{
    private const double Capacity = 10;
    private const double EarnedPerAnswer = 0.1;

    private readonly Lock gate = new();
    private double tokens = Capacity;

    public void Earn()
    {
        lock (gate)
        {
            tokens = Math.Min(Capacity, tokens + EarnedPerAnswer);
        }
    }

    public bool TrySpend()
    {
        lock (gate)
        {
            if (tokens < 1)
            {
                return false;
            }

            tokens--;
            return true;
        }
    }
}
