namespace Hypernode.Solana.Tests.Localnet;

/// <summary>A mint of six decimals of the test's own, so that tests on one node never meet.</summary>
internal sealed class HyperMint(LocalnetFixture localnet, Account authority, PublicKey mint)
{
    public const byte Decimals = 6;

    public PublicKey PublicKey => mint;

    public static async Task<HyperMint> CreateAsync(LocalnetFixture localnet, Account authority)
    {
        using var mint = new Account();
        var rent = await localnet.Rpc.GetMinimumBalanceForRentExemptionAsync(TokenProgram.MintAccountDataSize);
        (await localnet.Sender.SendAsync(
            [
                SystemProgram.CreateAccount(authority.PublicKey, mint.PublicKey, rent, TokenProgram.MintAccountDataSize, TokenProgram.ProgramIdKey),
                TokenProgram.InitializeMint(mint.PublicKey, Decimals, authority.PublicKey),
            ],
            authority, [mint])).ShouldHaveHappened();
        return new HyperMint(localnet, authority, mint.PublicKey);
    }

    public PublicKey AccountOf(PublicKey owner) => AssociatedTokenAccountProgram.DeriveAssociatedTokenAccount(owner, mint);

    /// <summary>Makes the owner's token account where it is missing, and mints into it.</summary>
    public async Task<PublicKey> GiveAsync(PublicKey owner, ulong amount)
    {
        List<TransactionInstruction> instructions = [AssociatedTokenAccountProgram.CreateAssociatedTokenAccount(authority.PublicKey, owner, mint)];
        if (amount > 0)
        {
            instructions.Add(TokenProgram.MintTo(mint, AccountOf(owner), amount, authority.PublicKey));
        }

        (await localnet.Sender.SendAsync(instructions, authority)).ShouldHaveHappened();
        return AccountOf(owner);
    }

    public async Task<ulong> BalanceOfAsync(PublicKey owner) => (await localnet.Rpc.GetTokenAccountBalanceAsync(AccountOf(owner))).Amount;
}

internal static class ConfirmationAssertions
{
    public static void ShouldHaveHappened(this ConfirmationResult result) =>
        result.Happened.ShouldBeTrue(result is ConfirmationResult.Failed failed ? $"{failed.Error}\n{string.Join('\n', failed.Error.Logs)}" : result.ToString());

    public static ProgramError ShouldHaveFailed(this ConfirmationResult result) =>
        result.ShouldBeOfType<ConfirmationResult.Failed>().Error;
}
