using System.Buffers.Binary;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Solana.Splitter;

/// <summary>The two fees that a settlement takes.</summary>
public enum Fee : byte
{
    Protocol = 0,
    Platform = 1,
}

/// <summary>Passes fees on by the rules of its Config, to the last unit: the program's addresses and its instructions.</summary>
public sealed class PaymentSplitterProgram(PublicKey programId)
{
    public PublicKey ProgramIdKey => programId;

    /// <summary>Also the vaults' authority.</summary>
    public PublicKey ConfigAddress => PublicKey.FindProgramAddress(["config"u8.ToArray()], programId).Address;

    /// <summary>A token account, of which each fee has as many as there are shards.</summary>
    public PublicKey VaultAddress(Fee fee, ushort shard)
    {
        var number = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(number, shard);
        return PublicKey.FindProgramAddress(["vault"u8.ToArray(), [(byte)fee], number], programId).Address;
    }

    /// <param name="upgradeAuthority">signs and pays: only who may replace the program may set it up</param>
    /// <param name="changeDelay">seconds, an hour to 30 days: how long the old rules go on after others were proposed</param>
    public TransactionInstruction Initialize(SplitRules rules, long changeDelay, PublicKey upgradeAuthority, PublicKey mint) => new(
        programId,
        [
            AccountMeta.Writable(upgradeAuthority, isSigner: true),
            AccountMeta.Writable(ConfigAddress),
            AccountMeta.ReadOnly(mint),
            .. Destinations(rules, AccountMeta.ReadOnly),
            AccountMeta.ReadOnly(ProgramData),
            AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
        ],
        Rules(Call("initialize"), rules).I64(changeDelay).ToArray());

    /// <param name="payer">signs; the rent stays in the vault</param>
    public TransactionInstruction CreateVault(Fee fee, ushort shard, PublicKey payer, PublicKey mint) => new(
        programId,
        [
            AccountMeta.Writable(payer, isSigner: true),
            AccountMeta.ReadOnly(ConfigAddress),
            AccountMeta.ReadOnly(mint),
            AccountMeta.Writable(VaultAddress(fee, shard)),
            AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
            AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
        ],
        Call("create_vault").U8((byte)fee).U16(shard).ToArray());

    /// <summary>The vault's whole balance; anyone may send it.</summary>
    public TransactionInstruction Distribute(Fee fee, ushort shard, SplitterConfig settings) => new(
        programId,
        [
            AccountMeta.ReadOnly(ConfigAddress),
            AccountMeta.Writable(settings.Mint),
            AccountMeta.Writable(VaultAddress(fee, shard)),
            .. Destinations(settings.Rules, AccountMeta.Writable),
            AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
        ],
        Call("distribute").U8((byte)fee).U16(shard).ToArray());

    /// <summary>Announces other rules; proposing again starts the clock again.</summary>
    /// <param name="upgradeAuthority">signs</param>
    public TransactionInstruction ProposeChange(SplitRules rules, PublicKey upgradeAuthority) => new(
        programId,
        [
            AccountMeta.ReadOnly(upgradeAuthority, isSigner: true),
            AccountMeta.Writable(ConfigAddress),
            .. Destinations(rules, AccountMeta.ReadOnly),
            AccountMeta.ReadOnly(ProgramData),
        ],
        Rules(Call("propose_change"), rules).ToArray());

    /// <param name="upgradeAuthority">signs</param>
    public TransactionInstruction WithdrawChange(PublicKey upgradeAuthority) => new(
        programId,
        [AccountMeta.ReadOnly(upgradeAuthority, isSigner: true), AccountMeta.Writable(ConfigAddress), AccountMeta.ReadOnly(ProgramData)],
        Call("withdraw_change").ToArray());

    /// <summary>When the delay is over; anyone may send it.</summary>
    /// <param name="proposed">as Config has it</param>
    public TransactionInstruction ApplyChange(SplitRules proposed) => new(
        programId, [AccountMeta.Writable(ConfigAddress), .. Destinations(proposed, AccountMeta.ReadOnly)], Call("apply_change").ToArray());

    private PublicKey ProgramData => BpfLoaderUpgradeableProgram.DeriveProgramDataAddress(programId);

    private static AccountMeta[] Destinations(SplitRules rules, Func<PublicKey, bool, AccountMeta> meta) =>
        [meta(rules.Treasury, false), meta(rules.Development, false), meta(rules.StakingPool, false)];

    private static WireWriter Rules(WireWriter data, SplitRules rules)
    {
        foreach (var split in (Split[])[rules.Protocol, rules.Platform])
        {
            data.U16(split.Treasury).U16(split.Development).U16(split.StakingPool).U16(split.Burn);
        }

        return data.U16(rules.Shards);
    }

    private static WireWriter Call(string instruction) => new WireWriter().Bytes(AnchorDiscriminator.Instruction(instruction));
}
