using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Hypernode.Storage.Model;

/// <summary>One mapping for both storages, onto the migrated tables. The journal's own tables (inbox, outbox, timers) are not here.</summary>
internal sealed partial class HypernodeDb(DbContextOptions<HypernodeDb> options) : DbContext(options)
{
    public DbSet<UserRecord> Users => Set<UserRecord>();

    public DbSet<NodeRecord> Nodes => Set<NodeRecord>();

    public DbSet<JobRecord> Jobs => Set<JobRecord>();

    public DbSet<PaymentIntentRecord> PaymentIntents => Set<PaymentIntentRecord>();

    public DbSet<TransitionRecord> Transitions => Set<TransitionRecord>();

    public DbSet<LeaseRecord> Leases => Set<LeaseRecord>();

    public DbSet<LivenessRecord> Liveness => Set<LivenessRecord>();

    public DbSet<LogRecord> Logs => Set<LogRecord>();

    public DbSet<ReceiptRecord> Receipts => Set<ReceiptRecord>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<UserRecord>().ToTable("users").HasKey(u => u.Id);
        modelBuilder.Entity<NodeRecord>().ToTable("nodes").HasKey(n => n.NodeId);
        modelBuilder.Entity<JobRecord>().ToTable("jobs").HasKey(j => j.JobId);
        modelBuilder.Entity<PaymentIntentRecord>().ToTable("payment_intents").HasKey(i => i.IntentId);
        modelBuilder.Entity<TransitionRecord>().ToTable("job_transitions").HasKey(t => new { t.JobId, t.Version, t.Step });
        modelBuilder.Entity<LeaseRecord>().ToTable("leases").HasKey(l => new { l.JobId, l.Attempt });
        modelBuilder.Entity<LivenessRecord>().ToTable("liveness").HasKey(l => l.NodeId);
        modelBuilder.Entity<LogRecord>().ToTable("job_logs").HasKey(l => new { l.JobId, l.Attempt, l.Seq });
        modelBuilder.Entity<ReceiptRecord>().ToTable("receipts").HasKey(r => r.Arrival);
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(e => e.GetProperties()))
        {
            property.SetColumnName(WordStart().Replace(property.Name, "_").ToLowerInvariant());
            if (Database.ProviderName == "Microsoft.EntityFrameworkCore.Sqlite")
            {
                StoreAsSqlite(property);
            }
        }
    }

    /// <summary>SQLite has neither times nor UUIDs: milliseconds and lower-case text, as the hand-written SQL writes them.</summary>
    private static void StoreAsSqlite(IMutableProperty property)
    {
        if (property.ClrType == typeof(DateTimeOffset) || property.ClrType == typeof(DateTimeOffset?))
        {
            property.SetValueConverter(new ValueConverter<DateTimeOffset, long>(
                time => time.ToUnixTimeMilliseconds(),
                stored => DateTimeOffset.FromUnixTimeMilliseconds(stored)));
        }
        else if (property.ClrType == typeof(Guid))
        {
            property.SetValueConverter(new ValueConverter<Guid, string>(id => id.ToString("D"), stored => Guid.Parse(stored)));
        }
    }

    [GeneratedRegex("(?<=[a-z])(?=[A-Z])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WordStart();
}
