using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Storage.Shared;

internal sealed class TransferLedger(Database database) : ITransferLedger
{
    private const string Begin = """
        insert into settled_transfers (transfer, state, at) values (@transfer, 'pending', @at) on conflict (transfer) do nothing
        """;

    private const string End = "update settled_transfers set state = @state, at = @at where transfer = @transfer and state = 'pending'";

    private const string Find = "select state from settled_transfers where transfer = @transfer";

    public async Task<TransferState> FindAsync(Hash256 transfer, CancellationToken cancellationToken) =>
        await database.FindAsync(Find, r => r.Text(0), cancellationToken, ("transfer", transfer)) switch
        {
            null => TransferState.New,
            "pending" => TransferState.Pending,
            "settled" => TransferState.Settled,
            _ => TransferState.Failed,
        };

    public Task<bool> BeginAsync(Hash256 transfer, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            await session.ExecuteAsync(Begin, ("transfer", transfer), ("at", at));
            return (await session.QueryAsync(Find, r => r.GetString(0), ("transfer", transfer))).Single() == "pending";
        },
        cancellationToken);

    public Task<bool> EndAsync(Hash256 transfer, bool happened, DateTimeOffset at, CancellationToken cancellationToken) => database.WriteAsync(
        async session => await session.ExecuteAsync(End, ("transfer", transfer), ("state", happened ? "settled" : "failed"), ("at", at)) == 1,
        cancellationToken);
}
