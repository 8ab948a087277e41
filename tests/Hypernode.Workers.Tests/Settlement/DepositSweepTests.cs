using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Workers.Settlement;
using Hypernode.Workers.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Workers.Tests.Settlement;

public sealed class DepositSweepTests
{
    private readonly Book _book = new();

    [Fact]
    public async Task Every_deposit_is_looked_at_in_turn_and_then_from_the_first_again()
    {
        _book.All = [.. Enumerable.Range(1, DepositSweep.MostInATurn + 1).Select(Terms)];
        var sweep = new DepositSweep(_book, _book, NullLogger<DepositSweep>.Instance);

        (await sweep.RunOnceAsync(FakeTime.Noon, CancellationToken.None)).ShouldBe(DepositSweep.MostInATurn);
        (await sweep.RunOnceAsync(FakeTime.Noon, CancellationToken.None)).ShouldBe(1);
        (await sweep.RunOnceAsync(FakeTime.Noon, CancellationToken.None)).ShouldBe(DepositSweep.MostInATurn);
        _book.Since.ShouldBe(FakeTime.Noon.AddDays(-30).ToUnixTimeSeconds());
    }

    [Fact]
    public async Task A_silent_chain_is_asked_again_for_the_same_page()
    {
        _book.All = [Terms(1)];
        var sweep = new DepositSweep(_book, _book, NullLogger<DepositSweep>.Instance);
        _book.IsDown = true;
        (await sweep.RunOnceAsync(FakeTime.Noon, CancellationToken.None)).ShouldBe(0);
        _book.IsDown = false;
        (await sweep.RunOnceAsync(FakeTime.Noon, CancellationToken.None)).ShouldBe(1);
    }

    private static DepositTerms Terms(int n) => new(
        default, new IntentId(new Guid(n, 0, 0, new byte[8])), new JobId(new Guid(n, 0, 0, new byte[8])), default, new(1), n);

    private sealed class Book : IDepositBook, IDeposits
    {
        public IReadOnlyList<DepositTerms> All { get; set; } = [];

        public bool IsDown { get; set; }

        public long Since { get; private set; }

        public WalletAddress FeePayer => default;

        public IReadOnlyList<WalletAddress> Mints => [];

        public Task<IReadOnlyList<DepositTerms>> SpentAsync(long since, DateTimeOffset now, DepositTerms? after, int most, CancellationToken cancellationToken)
        {
            Since = since;
            return Task.FromResult<IReadOnlyList<DepositTerms>>([.. All.Where(d => d.SettleBy > (after?.SettleBy ?? 0)).Take(most)]);
        }

        public Task<int> ReclaimAsync(IReadOnlyList<DepositTerms> deposits, CancellationToken cancellationToken) =>
            IsDown ? throw new IOException("no route to the chain") : Task.FromResult(deposits.Count);

        public Task<bool> NoteOpeningAsync(DepositTerms terms, DateTimeOffset now, int mostOfPayer, int mostOfAll, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> HasFundsAsync(DepositTerms terms, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task OpenAsync(DepositTerms terms, CancellationToken cancellationToken) => throw new NotSupportedException();

        public WalletAddress AddressOf(DepositTerms terms) => throw new NotSupportedException();

        public TransferCheck Judge(DepositTerms terms, ReadOnlySpan<byte> transaction) => throw new NotSupportedException();

        public Task<TransferCheck> CheckAsync(DepositTerms terms, ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string> TransactionIdAsync(ReadOnlyMemory<byte> transaction, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
