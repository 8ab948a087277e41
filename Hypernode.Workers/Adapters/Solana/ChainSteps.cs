using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>One program as it is shipped.</summary>
/// <param name="Key">the program's own key: its address</param>
/// <param name="Code">the bytes of the .so</param>
public sealed record ShippedProgram(Account Key, byte[] Code) : IDisposable
{
    public PublicKey Address => Key.PublicKey;

    public void Dispose() => Key.Dispose();
}

public sealed record ShippedPrograms(ShippedProgram Facilitator, ShippedProgram NodeRegistry, ShippedProgram Splitter) : IDisposable
{
    public IReadOnlyList<ShippedProgram> All => [Facilitator, NodeRegistry, Splitter];

    public void Dispose()
    {
        foreach (var program in All)
        {
            program.Dispose();
        }
    }
}

/// <summary>What every step of a set-up needs: transactions that the upgrade authority pays, and that must happen.</summary>
internal sealed class ChainSteps(IRpcClient rpc, TransactionSender sender, ChainKeys keys)
{
    public IRpcClient Rpc => rpc;

    public ChainKeys Keys => keys;

    public PublicKey Authority => keys.UpgradeAuthority.PublicKey;

    public PublicKey Mint => keys.Mint.PublicKey;

    /// <summary>The token account of HYPER that a wallet has.</summary>
    public PublicKey TokenAccountOf(Account wallet) => FacilitatorProgram.TokenAccountOf(wallet.PublicKey, Mint);

    /// <exception cref="ChainSetupException">it failed, perhaps because another process was faster</exception>
    /// <exception cref="IOException">what became of it is not known</exception>
    public async Task MustHappenAsync(
        IReadOnlyList<TransactionInstruction> instructions, string what, CancellationToken cancellation, params IReadOnlyList<Account> signers)
    {
        switch (await sender.SendAsync(instructions, keys.UpgradeAuthority, signers, cancellation: cancellation))
        {
            case { Happened: true }:
                return;
            case ConfirmationResult.Failed failed:
                throw new ChainSetupException($"Could not {what}: {failed.Error}", mayPass: true);
            case var result:
                throw new IOException($"Could not {what}: {result}");
        }
    }
}
