using Hypernode.Storage.Model;

namespace Hypernode.Storage.Shared;

/// <summary>The two ways into a storage: reads by EF Core, writes in one transaction of hand-written SQL.</summary>
internal abstract class Database
{
    /// <summary>For reads; does not track.</summary>
    public abstract HypernodeDb NewContext();

    /// <summary>
    /// Commits when <paramref name="work"/> returns, unless it abandoned the session; rolls back when it throws.
    /// The work may run again (a deadlock's victim): it changes nothing but the database.
    /// </summary>
    public abstract Task<T> WriteAsync<T>(Func<Session, Task<T>> work, CancellationToken cancellationToken);
}
