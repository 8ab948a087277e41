using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.Solana;

public enum DeployOutcome
{
    /// <summary>The chain had these very bytes.</summary>
    AlreadyThere,
    Deployed,
    Upgraded,
}

/// <summary>Put a program on chain and it did not work; running it again goes on where this ended.</summary>
public sealed class DeploymentException(string message, bool mayPass = false) : Exception(message)
{
    /// <summary>A step failed that somebody else may have done meanwhile: look again.</summary>
    internal bool MayPass => mayPass;
}

/// <summary>
/// Deploys through the upgradeable loader, as the Solana CLI does: a buffer, chunked writes, then deploy or upgrade.
/// May be repeated at any point, and by several processes at once: the buffer's key follows from authority, program and
/// bytes, only what is missing is written, and a step that fails because another was faster is looked at again.
/// </summary>
public sealed partial class ProgramDeployer(IRpcClient rpc, TransactionSender sender, TimeProvider time, ILogger<ProgramDeployer>? log = null)
{
    // Fits into 1,232 bytes with two signers.
    private const int ChunkSize = 900;
    private const int ParallelWrites = 16;
    private const int WriteRounds = 5;
    private const int Attempts = 5;
    private static readonly TimeSpan SlotPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BeforeLookingAgain = TimeSpan.FromSeconds(1);

    private readonly ILogger log = log ?? NullLogger<ProgramDeployer>.Instance;

    /// <param name="maxDataLength">room for later upgrades, bytes; at least the program's length</param>
    public async Task<DeployOutcome> DeployAsync(
        Account programKey, Account payer, Account upgradeAuthority, byte[] bytes, int? maxDataLength = null, CancellationToken cancellation = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryDeployAsync(programKey, payer, upgradeAuthority, bytes, maxDataLength, cancellation);
            }
            catch (DeploymentException failure) when (failure.MayPass && attempt < Attempts)
            {
                LogAgain(failure.Message);
                await Task.Delay(BeforeLookingAgain, time, cancellation);
            }
        }
    }

    private async Task<DeployOutcome> TryDeployAsync(
        Account programKey, Account payer, Account upgradeAuthority, byte[] bytes, int? maxDataLength, CancellationToken cancellation)
    {
        var programId = programKey.PublicKey;
        var deployed = await FindAsync(programId, cancellation);
        if (deployed is not null && Holds(deployed.Bytes, bytes))
        {
            return DeployOutcome.AlreadyThere;
        }

        if (deployed is not null)
        {
            RequireUpgradable(programId, deployed, upgradeAuthority.PublicKey, bytes.Length);
        }

        using var buffer = BufferKey(programId, upgradeAuthority, bytes);
        await FillBufferAsync(buffer, payer, upgradeAuthority, bytes, cancellation);
        var authority = upgradeAuthority.PublicKey;
        if (deployed is null)
        {
            var rent = await rpc.GetMinimumBalanceForRentExemptionAsync(BpfLoaderUpgradeableProgram.ProgramAccountSize, cancellation);
            await MustHappenAsync(
                [
                    SystemProgram.CreateAccount(payer.PublicKey, programId, rent, BpfLoaderUpgradeableProgram.ProgramAccountSize, BpfLoaderUpgradeableProgram.ProgramIdKey),
                    BpfLoaderUpgradeableProgram.DeployWithMaxDataLen(payer.PublicKey, programId, buffer.PublicKey, authority, (ulong)Math.Max(maxDataLength ?? 0, bytes.Length)),
                ],
                payer, [programKey, upgradeAuthority], cancellation);
        }
        else
        {
            await MustHappenAsync(
                [BpfLoaderUpgradeableProgram.Upgrade(programId, buffer.PublicKey, authority, payer.PublicKey)],
                payer, [upgradeAuthority], cancellation);
        }

        await AwaitUsableAsync(programId, bytes, cancellation);
        return deployed is null ? DeployOutcome.Deployed : DeployOutcome.Upgraded;
    }

    private async Task<ProgramData?> FindAsync(PublicKey programId, CancellationToken cancellation)
    {
        var accounts = await rpc.GetMultipleAccountsAsync(
            [programId, BpfLoaderUpgradeableProgram.DeriveProgramDataAddress(programId)], cancellation: cancellation);
        if (accounts[0] is { } program && program.Owner != BpfLoaderUpgradeableProgram.ProgramIdKey)
        {
            throw new DeploymentException($"{programId} is there already and belongs to {program.Owner}, not to the upgradeable loader.");
        }

        return accounts[0] is { Executable: true } ? ProgramData.From(accounts[1]) : null;
    }

    // Behind the program the account is zeros, up to the room that was reserved.
    private static bool Holds(byte[] onChain, byte[] bytes) =>
        onChain.Length >= bytes.Length
        && onChain.AsSpan(0, bytes.Length).SequenceEqual(bytes)
        && !onChain.AsSpan(bytes.Length).ContainsAnyExcept((byte)0);

    private static void RequireUpgradable(PublicKey programId, ProgramData deployed, PublicKey authority, int length)
    {
        if (deployed.UpgradeAuthority != authority)
        {
            throw new DeploymentException($"{programId} holds other bytes, and its upgrade authority is {deployed.UpgradeAuthority?.Key ?? "nobody"}, not {authority}.");
        }

        if (deployed.Bytes.Length < length)
        {
            throw new DeploymentException($"{programId} has room for {deployed.Bytes.Length} bytes; the new program has {length}.");
        }
    }

    private static Account BufferKey(PublicKey programId, Account authority, byte[] bytes)
    {
        // An Ed25519 signature is deterministic and never leaves here: nobody else can find this key.
        var signature = authority.Sign([.. "HYPERNODE/deploy-buffer/v1"u8, .. programId.AsSpan(), .. SHA256.HashData(bytes)]);
        var seed = SHA256.HashData(signature);
        try
        {
            return Account.FromSeed(seed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(signature);
        }
    }

    private async Task FillBufferAsync(Account buffer, Account payer, Account authority, byte[] bytes, CancellationToken cancellation)
    {
        var size = (ulong)(BpfLoaderUpgradeableProgram.BufferMetadataSize + bytes.Length);
        if (await rpc.GetAccountInfoAsync(buffer.PublicKey, cancellation: cancellation) is null)
        {
            var rent = await rpc.GetMinimumBalanceForRentExemptionAsync(size, cancellation);
            await MustHappenAsync(
                [
                    SystemProgram.CreateAccount(payer.PublicKey, buffer.PublicKey, rent, size, BpfLoaderUpgradeableProgram.ProgramIdKey),
                    BpfLoaderUpgradeableProgram.InitializeBuffer(buffer.PublicKey, authority.PublicKey),
                ],
                payer, [buffer], cancellation);
        }

        for (var round = 0; ; round++)
        {
            var missing = await MissingChunksAsync(buffer.PublicKey, bytes, cancellation);
            if (missing.Count == 0)
            {
                return;
            }

            if (round == WriteRounds)
            {
                throw new DeploymentException($"{missing.Count} chunks of the program could not be written in {WriteRounds} rounds.");
            }

            LogWriting(missing.Count, round);
            // A chunk that fails or is not confirmed shows in the next round, when the buffer is read again.
            await Parallel.ForEachAsync(
                missing,
                new ParallelOptions { MaxDegreeOfParallelism = ParallelWrites, CancellationToken = cancellation },
                async (offset, stop) => await sender.SendAsync(
                    [BpfLoaderUpgradeableProgram.Write(buffer.PublicKey, authority.PublicKey, (uint)offset, Chunk(bytes, offset))],
                    payer, [authority], cancellation: stop));
        }
    }

    private async Task<List<int>> MissingChunksAsync(PublicKey buffer, byte[] bytes, CancellationToken cancellation)
    {
        var account = await rpc.GetAccountInfoAsync(buffer, cancellation: cancellation);
        if (account is null)
        {
            throw new DeploymentException("The buffer is gone: another deployment of these bytes has used it.", mayPass: true);
        }

        var written = account.Data.AsMemory(BpfLoaderUpgradeableProgram.BufferMetadataSize);
        return [.. Enumerable.Range(0, (bytes.Length + ChunkSize - 1) / ChunkSize)
            .Select(i => i * ChunkSize)
            .Where(offset => written.Length != bytes.Length
                || !Chunk(bytes, offset).SequenceEqual(written.Span.Slice(offset, Chunk(bytes, offset).Length)))];
    }

    private static ReadOnlySpan<byte> Chunk(byte[] bytes, int offset) =>
        bytes.AsSpan(offset, Math.Min(ChunkSize, bytes.Length - offset));

    /// <summary>A program runs from the slot after its deployment on.</summary>
    private async Task AwaitUsableAsync(PublicKey programId, byte[] bytes, CancellationToken cancellation)
    {
        while (true)
        {
            var program = await FindAsync(programId, cancellation);
            if (program is not null && Holds(program.Bytes, bytes) && await rpc.GetSlotAsync(cancellation: cancellation) > program.Slot)
            {
                return;
            }

            await Task.Delay(SlotPoll, time, cancellation);
        }
    }

    private async Task MustHappenAsync(
        IReadOnlyList<TransactionInstruction> instructions, Account payer, IReadOnlyList<Account> signers, CancellationToken cancellation)
    {
        var result = await sender.SendAsync(instructions, payer, signers, cancellation: cancellation);
        if (!result.Happened)
        {
            throw new DeploymentException($"A step of the deployment did not happen: {result}", mayPass: true);
        }
    }

    [LoggerMessage(EventId = 4121, Level = LogLevel.Information, Message = "Looking again at the program: {Reason}")]
    private partial void LogAgain(string reason);

    [LoggerMessage(EventId = 4120, Level = LogLevel.Information, Message = "Writing {Chunks} chunks of the program (round {Round})")]
    private partial void LogWriting(int chunks, int round);
}
