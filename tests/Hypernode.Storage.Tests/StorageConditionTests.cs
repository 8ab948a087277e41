using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Storage.PostgreSQL;
using Hypernode.Storage.Shared;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static Hypernode.Storage.Tests.Given;

namespace Hypernode.Storage.Tests;

/// <summary>A storage that takes no writes says why, loses nothing that it had accepted, and goes on once it is healed.</summary>
public abstract class StorageConditionTests(StorageFixture storage)
{
    protected StorageFixture Storage => storage;

    [Fact]
    public async Task A_storage_that_writes_is_well()
    {
        var health = await storage.Get<IStorageProbe>().ProbeAsync(None);
        (health.Condition, health.Reason).ShouldBe((StorageCondition.Ok, ""));
        health.Latency.ShouldBeGreaterThan(TimeSpan.Zero);
        (await storage.CountAsync("storage_probe")).ShouldBe(1);
    }

    /// <summary>Every write says the condition, as does the probe; what was accepted before is all there, and goes on after.</summary>
    protected static async Task AilsAndHealsAsync(IServiceProvider services, StorageCondition condition, Func<Task> ail, Func<Task> heal)
    {
        var (journal, intake, outbox) = (services.GetRequiredService<ISagaJournal>(), services.GetRequiredService<IJobIntake>(), services.GetRequiredService<IOutbox>());
        var accepted = Submission();
        (await intake.SubmitAsync(accepted, None)).ShouldBe(IntakeResult.Accepted);
        var job = accepted.Intent.JobId;
        var commit = Commit(Row(job, 0, JobStateNames.Matching) with { Body = Large });

        await ail();
        foreach (var write in new Func<Task>[]
        {
            () => journal.CommitAsync(commit),
            () => Task.WhenAll(Enumerable.Range(0, 5).Select(_ => intake.SubmitAsync(Huge(), None))),
            () => outbox.AddAsync([Message() with { Body = Large }], None),
        })
        {
            var refused = await Should.ThrowAsync<StorageUnavailableException>(write);
            refused.Condition.ShouldBe(condition, refused.Message);
            refused.ShouldBeAssignableTo<System.Data.Common.DbException>();
        }

        var health = await services.GetRequiredService<IStorageProbe>().ProbeAsync(None);
        health.Condition.ShouldBe(condition, health.Reason);
        health.Reason.ShouldNotBeEmpty();

        await heal();
        (await services.GetRequiredService<IStorageProbe>().ProbeAsync(None)).Condition.ShouldBe(StorageCondition.Ok);
        (await journal.LoadAsync(job))!.Version.ShouldBe(0);
        (await journal.CommitAsync(commit)).ShouldBe(CommitResult.Committed);
        (await intake.SubmitAsync(accepted, None)).ShouldBe(IntakeResult.Repeated);
        (await intake.SubmitAsync(Huge(), None)).ShouldBe(IntakeResult.Accepted);
    }

    /// <summary>More than a page has room for: it must be given new ones.</summary>
    private static string Large { get; } = $"\"{new string('x', 3_000_000)}\"";

    private static JobSubmission Huge()
    {
        var submission = Submission();
        var spec = submission.Spec with { Script = new string('x', 1_000_000) };
        return submission with { Spec = spec, SpecHash = spec.Hash() };
    }
}

[UnsupportedOSPlatform("windows")]
[Collection(AloneInTheProcess.Name)]
public sealed partial class SqliteConditionTests(SqliteFixture storage) : StorageConditionTests(storage), IClassFixture<SqliteFixture>
{
    [Fact]
    public Task A_full_disk_refuses_and_heals() => AilsAndHealsAsync(
        Storage.Services,
        StorageCondition.Full,
        ail: () => PragmaAsync("pragma max_page_count = 1"), // SQLite takes the present size instead
        heal: () => PragmaAsync("pragma max_page_count = 1073741823"));

    /// <summary>The same write, on a file and a folder that can't be written.</summary>
    [Fact]
    public async Task A_file_that_can_t_be_written_refuses_and_heals()
    {
        var job = await AJobAsync(Storage);
        await using var elsewhere = Storage.Open();
        var (journal, commit) = (elsewhere.GetRequiredService<ISagaJournal>(), Commit(Row(job, 0, JobStateNames.Matching)));
        var folder = Path.GetDirectoryName(((SqliteFixture)Storage).FilePath)!;
        var files = Directory.GetFiles(folder).Append(folder).ToDictionary(f => f, File.GetUnixFileMode);
        try
        {
            foreach (var file in files.Keys)
            {
                File.SetUnixFileMode(file, files[file] & ~(UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)
                    | UnixFileMode.OtherRead | (file == folder ? UnixFileMode.OtherExecute : UnixFileMode.None));
            }

            var refused = await Should.ThrowAsync<StorageUnavailableException>(() => AsOrdinaryUserAsync(() => journal.CommitAsync(commit)));
            refused.Condition.ShouldBeOneOf(StorageCondition.ReadOnly, StorageCondition.Unreachable);
        }
        finally
        {
            foreach (var (file, mode) in files)
            {
                File.SetUnixFileMode(file, mode);
            }
        }

        (await journal.CommitAsync(commit)).ShouldBe(CommitResult.Committed);
    }

    [Fact]
    public async Task A_folder_that_can_t_be_made_is_out_of_reach()
    {
        await using var nowhere = new ServiceCollection().AddSingleton<IIdSource, TestIds>().AddHypernodeSqlite("/proc/nowhere/hypernode.db").BuildServiceProvider();
        (await nowhere.GetRequiredService<IStorageProbe>().ProbeAsync(None)).Condition.ShouldNotBe(StorageCondition.Ok);
    }

    private Task PragmaAsync(string pragma) => Storage.Get<Database>().WriteAsync(session => session.ExecuteAsync(pragma), None);

    /// <summary>Modes bind no root: the process is nobody for the while, all of its threads. So no other test may run beside it.</summary>
    private static async Task AsOrdinaryUserAsync(Func<Task> act)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            await act();
            return;
        }

        SetEffectiveUser(65_534).ShouldBe(0);
        try
        {
            await act();
        }
        finally
        {
            SetEffectiveUser(0).ShouldBe(0);
        }
    }

    [LibraryImport("libc", EntryPoint = "seteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEffectiveUser(uint user);
}

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneInTheProcess
{
    public const string Name = "alone in the process";
}

[Trait("Needs", "postgres")]
public sealed class PostgresConditionTests(PostgresFixture storage) : StorageConditionTests(storage), IClassFixture<PostgresFixture>
{
    [Fact]
    public Task A_server_that_accepts_no_writes_refuses_and_heals() => AilsAndHealsAsync(
        Storage.Services, StorageCondition.ReadOnly, ail: () => ReadOnlyAsync("on"), heal: () => ReadOnlyAsync("off"));

    [Fact]
    public async Task A_server_that_is_not_there_is_out_of_reach_and_its_address_is_not_told()
    {
        var services = new ServiceCollection().AddSingleton<IIdSource, TestIds>();
        await using var nowhere = services.AddHypernodePostgres("Host=127.0.0.1;Port=1;Username=somebody;Password=secret").BuildServiceProvider();
        var health = await nowhere.GetRequiredService<IStorageProbe>().ProbeAsync(None);
        health.Condition.ShouldBe(StorageCondition.Unreachable);
        health.Reason.ShouldNotContain("127.0.0.1");
        health.Reason.ShouldNotContain("secret");
        health.Reason.ShouldNotContain("somebody");
    }

    [Fact]
    public async Task Cut_connections_are_told_as_such_and_the_next_write_goes_through()
    {
        var job = await AJobAsync(Storage);
        await using var elsewhere = Storage.Open();
        var journal = elsewhere.GetRequiredService<ISagaJournal>();
        (await journal.LoadAsync(job))!.Version.ShouldBe(0);
        await CutAsync();

        var commit = Commit(Row(job, 0, JobStateNames.Matching));
        var refused = await Should.ThrowAsync<StorageUnavailableException>(() => journal.CommitAsync(commit));
        refused.Condition.ShouldBe(StorageCondition.Unreachable);
        (await journal.CommitAsync(commit)).ShouldBe(CommitResult.Committed);
    }

    /// <summary>As a server does that has become a standby: for every connection, also those that are open.</summary>
    private async Task ReadOnlyAsync(string value)
    {
        var database = await OnServerAsync("select current_database()", c => c.ExecuteScalarAsync());
        await OnServerAsync($"set transaction read write; alter database {database} set default_transaction_read_only = {value}", async c => await c.ExecuteNonQueryAsync());
        await CutAsync();
    }

    /// <summary>The fixture's pool forgets its connections; another's has still to find out.</summary>
    private async Task CutAsync()
    {
        await OnServerAsync(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()", c => c.ExecuteScalarAsync());
        Storage.Get<PostgresDatabase>().Source.Clear();
    }

    private async Task<object?> OnServerAsync(string sql, Func<NpgsqlCommand, Task<object?>> run)
    {
        await using var connection = new NpgsqlConnection(((PostgresFixture)Storage).ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await run(command);
    }
}
