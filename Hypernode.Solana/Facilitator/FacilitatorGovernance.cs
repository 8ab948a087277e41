namespace Hypernode.Solana.Facilitator;

/// <summary>What the upgrade authority may do after the program is set up: stop new payments, and replace keys behind a delay.</summary>
public static class FacilitatorGovernance
{
    /// <summary>The account of the rotation that is proposed.</summary>
    public static PublicKey RotationAddress(this FacilitatorProgram program) =>
        PublicKey.FindProgramAddress(["rotation"u8.ToArray()], program.ProgramIdKey).Address;

    /// <summary>Stops new payments, or takes them again. Settlements and refunds go on.</summary>
    /// <param name="upgradeAuthority">signs</param>
    public static TransactionInstruction SetPaused(this FacilitatorProgram program, PublicKey upgradeAuthority, bool paused) => new(
        program.ProgramIdKey,
        [
            AccountMeta.ReadOnly(upgradeAuthority, isSigner: true),
            AccountMeta.Writable(program.ConfigAddress),
            AccountMeta.ReadOnly(ProgramData(program)),
        ],
        Call("set_paused").U8((byte)(paused ? 1 : 0)).ToArray());

    /// <summary>Announces other keys and vaults; they count when the program's delay is over and somebody applies them.</summary>
    /// <param name="upgradeAuthority">signs, and pays the rent, which comes back</param>
    /// <exception cref="ArgumentException">not five oracles</exception>
    public static TransactionInstruction ProposeRotation(this FacilitatorProgram program, RotationTerms terms, PublicKey upgradeAuthority)
    {
        if (terms.Oracles.Count != FacilitatorConfig.OracleCount)
        {
            throw new ArgumentException($"{FacilitatorConfig.OracleCount} oracles, not {terms.Oracles.Count}.", nameof(terms));
        }

        var data = Call("propose_rotation").Key(terms.Facilitator).Key(terms.Assigner);
        foreach (var oracle in terms.Oracles)
        {
            data.Key(oracle);
        }

        return new TransactionInstruction(program.ProgramIdKey,
            [
                AccountMeta.Writable(upgradeAuthority, isSigner: true),
                AccountMeta.ReadOnly(program.ConfigAddress),
                AccountMeta.Writable(program.RotationAddress()),
                AccountMeta.ReadOnly(terms.ProtocolVault),
                AccountMeta.ReadOnly(terms.PlatformVault),
                .. program.Offered(terms.Other),
                AccountMeta.ReadOnly(ProgramData(program)),
                AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
            ],
            data.U8(terms.Threshold).ToArray());
    }

    /// <summary>Takes a proposed rotation back.</summary>
    /// <param name="upgradeAuthority">signs</param>
    /// <param name="rentPayer">who proposed it first; gets the rent</param>
    public static TransactionInstruction WithdrawRotation(this FacilitatorProgram program, PublicKey upgradeAuthority, PublicKey rentPayer) => new(
        program.ProgramIdKey,
        [
            AccountMeta.ReadOnly(upgradeAuthority, isSigner: true),
            AccountMeta.Writable(program.RotationAddress()),
            AccountMeta.Writable(rentPayer),
            AccountMeta.ReadOnly(ProgramData(program)),
        ],
        Call("withdraw_rotation").ToArray());

    /// <summary>Puts a proposed rotation into effect, when its delay is over; anyone may send it.</summary>
    /// <param name="rentPayer">who proposed it first; gets the rent</param>
    /// <param name="other">as it was proposed</param>
    public static TransactionInstruction ApplyRotation(
        this FacilitatorProgram program, PublicKey rentPayer, PublicKey protocolVault, PublicKey platformVault, AcceptedMint? other = null) => new(
        program.ProgramIdKey,
        [
            AccountMeta.Writable(program.ConfigAddress),
            AccountMeta.Writable(program.RotationAddress()),
            AccountMeta.Writable(rentPayer),
            AccountMeta.ReadOnly(protocolVault),
            AccountMeta.ReadOnly(platformVault),
            .. program.Offered(other)[1..],
        ],
        Call("apply_rotation").ToArray());

    /// <summary>An account that is left out is the program's own address, as Anchor has it.</summary>
    internal static AccountMeta[] Offered(this FacilitatorProgram program, AcceptedMint? other) =>
    [
        AccountMeta.ReadOnly(other?.Mint ?? program.ProgramIdKey),
        AccountMeta.ReadOnly(other?.ProtocolVault ?? program.ProgramIdKey),
        AccountMeta.ReadOnly(other?.PlatformVault ?? program.ProgramIdKey),
    ];

    private static WireWriter Call(string instruction) => new WireWriter().Bytes(AnchorDiscriminator.Instruction(instruction));

    private static PublicKey ProgramData(FacilitatorProgram program) =>
        BpfLoaderUpgradeableProgram.DeriveProgramDataAddress(program.ProgramIdKey);
}
