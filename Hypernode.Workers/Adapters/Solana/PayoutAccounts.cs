using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Workers.Adapters.Solana;

/// <param name="Opening">to put before the payout, in the same transaction</param>
internal sealed record PayoutAccount(PublicKey Address, IReadOnlyList<TransactionInstruction> Opening);

/// <summary>
/// The token accounts that money goes to. A wallet's usual one is its ATA, but the token program lets its owner hand that to
/// another key, close it or have it frozen at any time: a payer could so make every settlement fail until the refund opens.
/// Then it is another account of the same wallet, at an address that only the relayer can open.
/// </summary>
/// <param name="relayer">pays the rent</param>
internal sealed class PayoutAccounts(IRpcClient rpc, TransactionSender sender, PublicKey mint, ISigner relayer)
{
    // Of the 32 bytes that a seed may have; 24 hex digits of a random id or 24 characters of a key do not meet by chance.
    private const int SeedIdLength = 24;

    /// <param name="avoidUsual">the ATA was right when it was looked at, and refused: do not play that game again</param>
    public async Task<PayoutAccount> OfPayerAsync(PublicKey payer, Guid intent, bool avoidUsual, CancellationToken cancellation) =>
        // Opened by the transaction that pays into it: between the two the payer could give this one away as well.
        await FindAsync(payer, $"payer-{intent:N}"[..("payer-".Length + SeedIdLength)], avoidUsual, cancellation);

    /// <summary>Opened beforehand, as one transaction has no room for two: a node that gives both away harms itself alone.</summary>
    public async Task<PublicKey> OfNodeAsync(PublicKey node, bool avoidUsual, CancellationToken cancellation)
    {
        var account = await FindAsync(node, $"node-{node.Key}"[..("node-".Length + SeedIdLength)], avoidUsual, cancellation);
        if (account.Opening.Count > 0)
        {
            // Whatever comes of it, the payout itself will say whether it was enough.
            await sender.SendAsync(account.Opening, relayer, cancellation: cancellation);
        }

        return account.Address;
    }

    private async Task<PayoutAccount> FindAsync(PublicKey wallet, string seed, bool avoidUsual, CancellationToken cancellation)
    {
        var usual = FacilitatorProgram.TokenAccountOf(wallet, mint);
        var other = PublicKey.CreateWithSeed(relayer.PublicKey, seed, TokenProgram.ProgramIdKey);
        var accounts = await rpc.GetMultipleAccountsAsync([usual, other], cancellation: cancellation);
        if (!avoidUsual && IsMissing(accounts[0]))
        {
            // Idempotent, and in a transaction of its own: the payout will say whether it was enough.
            await sender.SendAsync(
                [AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(relayer.PublicKey, wallet, mint)], relayer, cancellation: cancellation);
            return new PayoutAccount(usual, []);
        }

        if (!avoidUsual && Takes(accounts[0], wallet))
        {
            return new PayoutAccount(usual, []);
        }

        return new PayoutAccount(other, IsMissing(accounts[1]) ? await OpenAsync(other, wallet, seed, cancellation) : []);
    }

    private async Task<IReadOnlyList<TransactionInstruction>> OpenAsync(PublicKey account, PublicKey wallet, string seed, CancellationToken cancellation)
    {
        var rent = await rpc.GetMinimumBalanceForRentExemptionAsync(TokenProgram.TokenAccountDataSize, cancellation);
        return
        [
            SystemProgram.Transfer(relayer.PublicKey, account, rent),
            SystemProgram.AllocateWithSeed(account, relayer.PublicKey, seed, TokenProgram.TokenAccountDataSize, TokenProgram.ProgramIdKey),
            TokenProgram.InitializeAccount(account, mint, wallet),
        ];
    }

    /// <summary>Anybody may send lamports to an address: that makes no account.</summary>
    private static bool IsMissing(AccountInfo? account) => account is null || account.Owner == SystemProgram.ProgramIdKey;

    private bool Takes(AccountInfo? account, PublicKey wallet) =>
        TokenAccount.From(account) is { State: TokenAccountState.Initialized } token && token.Owner == wallet && token.Mint == mint;
}
