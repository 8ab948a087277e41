using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Blobs;

/// <summary>
/// What each attempt has stored, so that it stays within its job's output limit. Counted in this process: an attempt that talks to
/// several API hosts, or to one that was started anew, has the limit once at each.
/// </summary>
internal sealed class OutputBudgets(TimeProvider time)
{
    /// <summary>No receipt lists more.</summary>
    public const int MaxFiles = 4_096;

    /// <summary>Of any job: the server reads no longer body.</summary>
    public static readonly long LargestBytes = WithEnvelopes((long)JobLimits.CapOf(JobType.Custom).OutputMb << 20);

    /// <summary>A run takes a day at most; an attempt that nobody heard of for longer has ended.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<(JobId, int), Account> _accounts = [];
    private DateTimeOffset _swept;

    private sealed class Account
    {
        public HashSet<Hash256> Stored { get; } = [];

        public int Pending { get; set; }

        /// <summary>Of what is stored and of what is on its way.</summary>
        public long Bytes { get; set; }

        public DateTimeOffset UsedAt { get; set; }
    }

    /// <summary>Sealed files are a little longer than what is in them.</summary>
    public static long BytesOf(JobSpec spec) =>
        (long)spec.Limits.OutputMb << 20 is var plain && spec.Encryption is null ? plain : WithEnvelopes(plain);

    /// <summary>16 bytes for each 64 KiB, and a header and a last chunk's 16 for each file (docs/encryption.md).</summary>
    private static long WithEnvelopes(long plain) => plain + (plain / 4_096) + (MaxFiles * 256L);

    /// <returns>Null: it would be more than the job may leave. Disposing it without <see cref="Reservation.Keep"/> gives the room back.</returns>
    public Reservation? Reserve(HeldLease lease, Hash256 sha256, long bytes)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            Sweep(now);
            if (!_accounts.TryGetValue((lease.JobId, lease.Attempt), out var account))
            {
                _accounts[(lease.JobId, lease.Attempt)] = account = new Account();
            }

            account.UsedAt = now;
            if (account.Stored.Contains(sha256))
            {
                return new Reservation(() => { }, () => { }); // a repeat, whose answer was lost
            }

            if (bytes > BytesOf(lease.Spec) - account.Bytes || account.Stored.Count + account.Pending >= MaxFiles)
            {
                return null;
            }

            account.Bytes += bytes;
            account.Pending++;
            return new Reservation(
                () => Settle(account, a => a.Stored.Add(sha256) ? 0 : bytes), // two at once, of the same file
                () => Settle(account, _ => bytes));
        }
    }

    private void Settle(Account account, Func<Account, long> giveBack)
    {
        lock (_gate)
        {
            account.Pending--;
            account.Bytes -= giveBack(account);
        }
    }

    private void Sweep(DateTimeOffset now)
    {
        if (now - _swept < TimeSpan.FromHours(1))
        {
            return;
        }

        _swept = now;
        foreach (var (key, _) in _accounts.Where(a => a.Value.Pending == 0 && now - a.Value.UsedAt > Forgotten).ToList())
        {
            _accounts.Remove(key);
        }
    }

    internal sealed class Reservation(Action keep, Action giveBack) : IDisposable
    {
        private bool _settled;

        public void Keep() => Once(keep);

        public void Dispose() => Once(giveBack);

        private void Once(Action act)
        {
            if (!_settled)
            {
                _settled = true;
                act();
            }
        }
    }
}
