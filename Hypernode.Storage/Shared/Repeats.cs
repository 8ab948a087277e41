using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Shared;

internal sealed class Repeats(Database database) : IRepeats
{
    private const int SweptAtOnce = 64;

    // Each request with a key takes a few old rows along: the table holds a day's, without anybody who looks after it.
    private const string Sweep = """
        delete from repeats where (caller, key) in (
            select caller, key from repeats where begun_at < @forgotten order by begun_at limit @most)
        """;

    // A row that nobody answered is given to whoever asks next, with whatever body.
    private const string Take = """
        insert into repeats (caller, key, request, begun_at) values (@caller, @key, @request, @now)
        on conflict (caller, key) do update set request = excluded.request, begun_at = excluded.begun_at
        where (repeats.status is null and repeats.begun_at < @stale) or repeats.begun_at < @forgotten
        """;

    public Task<RepeatFound> BeginAsync(
        string caller, string key, Hash256 request, DateTimeOffset now, DateTimeOffset staleAt, DateTimeOffset forgottenAt, CancellationToken cancellationToken) =>
        database.WriteAsync<RepeatFound>(
            async session =>
            {
                await session.ExecuteAsync(Sweep, ("forgotten", forgottenAt), ("most", SweptAtOnce));
                if (await session.ExecuteAsync(
                    Take, ("caller", caller), ("key", key), ("request", request), ("now", now), ("stale", staleAt), ("forgotten", forgottenAt)) == 1)
                {
                    return new RepeatFound.First();
                }

                var rows = await session.QueryAsync(
                    "select request, status, location, body from repeats where caller = @caller and key = @key",
                    r => (
                        Request: r.GetString(0),
                        Answer: r.IsDBNull(1) ? null : new KeptAnswer(r.GetInt32(1), r.IsDBNull(2) ? null : r.GetString(2), r.GetString(3))),
                    ("caller", caller),
                    ("key", key));
                return rows is not [var row] || (row.Request == request.ToString() && row.Answer is null) ? new RepeatFound.UnderWay()
                    : row.Request != request.ToString() ? new RepeatFound.Another()
                    : new RepeatFound.Answered(row.Answer!);
            },
            cancellationToken);

    public Task KeepAsync(string caller, string key, KeptAnswer answer, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "update repeats set status = @status, location = @location, body = @body where caller = @caller and key = @key",
            ("status", answer.Status),
            ("location", answer.Location),
            ("body", answer.Body),
            ("caller", caller),
            ("key", key)),
        cancellationToken);

    public Task ForgetAsync(string caller, string key, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync("delete from repeats where caller = @caller and key = @key and status is null", ("caller", caller), ("key", key)),
        cancellationToken);
}
