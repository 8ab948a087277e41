namespace Hypernode.Solana.Facilitator;

/// <summary>The escrow program: its addresses and its instructions. Locks take from the ATA of the payer; payouts name their accounts.</summary>
public sealed class FacilitatorProgram(PublicKey programId)
{
    private readonly Lazy<PublicKey> config = new(() => Derive(programId, "config"u8));

    public PublicKey ProgramIdKey => programId;

    public PublicKey ConfigAddress => config.Value;

    /// <summary>The PaymentIntent account, which is also the escrow's authority.</summary>
    public PublicKey PaymentAddress(Guid intentId) => Derive(programId, "payment"u8, intentId.ToByteArray(bigEndian: true));

    /// <summary>The token account in which the payment waits.</summary>
    public PublicKey EscrowAddress(Guid intentId) => Derive(programId, "escrow"u8, intentId.ToByteArray(bigEndian: true));

    /// <summary>The SPL delegate that a wallet approves once, so that a signed text is enough afterwards.</summary>
    public PublicKey AllowanceAddress(PublicKey wallet) => Derive(programId, "allowance"u8, wallet.KeyBytes);

    public static PublicKey TokenAccountOf(PublicKey owner, PublicKey mint) =>
        AssociatedTokenAccountProgram.DeriveAssociatedTokenAccount(owner, mint);

    /// <param name="upgradeAuthority">signs and pays: only who may replace the program may set it up</param>
    /// <param name="mint">HYPER's, like the two vaults</param>
    /// <param name="other">a further mint to take payments in</param>
    public TransactionInstruction Initialize(
        InitializeTerms terms, PublicKey upgradeAuthority, PublicKey mint, PublicKey protocolVault, PublicKey platformVault, AcceptedMint? other = null)
    {
        if (terms.Oracles.Count != FacilitatorConfig.OracleCount)
        {
            throw new ArgumentException($"{FacilitatorConfig.OracleCount} oracles, not {terms.Oracles.Count}.", nameof(terms));
        }

        var data = Call("initialize").Fixed(terms.Cluster, 32, "A cluster id").Key(terms.Facilitator).Key(terms.Assigner);
        foreach (var oracle in terms.Oracles)
        {
            data.Key(oracle);
        }

        return new TransactionInstruction(programId,
            [
                AccountMeta.Writable(upgradeAuthority, isSigner: true),
                AccountMeta.Writable(ConfigAddress),
                AccountMeta.ReadOnly(mint),
                AccountMeta.ReadOnly(protocolVault),
                AccountMeta.ReadOnly(platformVault),
                .. this.Offered(other),
                AccountMeta.ReadOnly(BpfLoaderUpgradeableProgram.DeriveProgramDataAddress(programId)),
                AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
            ],
            data.U8(terms.Threshold).I64(terms.RefundGrace).ToArray());
    }

    /// <summary>Two instructions: the check of the payer's signature, and directly after it the lock that relies on it.</summary>
    /// <param name="relayer">Config's facilitator; signs, pays the rent and gets it back</param>
    /// <param name="text">what the payer signed, UTF-8</param>
    /// <param name="signature">64 bytes</param>
    public IReadOnlyList<TransactionInstruction> AuthorizeIntent(
        SignedIntentTerms terms, PublicKey relayer, PublicKey mint, PublicKey payer, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
    [
        Ed25519Program.Verify(payer, signature, text),
        new TransactionInstruction(programId,
            [
                AccountMeta.Writable(relayer, isSigner: true),
                AccountMeta.ReadOnly(ConfigAddress),
                AccountMeta.ReadOnly(mint),
                AccountMeta.Writable(TokenAccountOf(payer, mint)),
                AccountMeta.ReadOnly(AllowanceAddress(payer)),
                AccountMeta.Writable(PaymentAddress(terms.IntentId)),
                AccountMeta.Writable(EscrowAddress(terms.IntentId)),
                AccountMeta.ReadOnly(SysVars.InstructionsKey),
                AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
                AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
            ],
            Call("authorize_intent").Uuid(terms.IntentId).Uuid(terms.JobId)
                .U64(terms.Amount).U64(terms.TimestampMs).U64(terms.ExpiresMs)
                .Fixed(terms.SpecHash, 32, "A spec hash").I64(terms.SettleBy).Fixed(terms.Salt, 32, "A salt")
                .ToArray()),
    ];

    /// <param name="payer">signs</param>
    /// <param name="rentPayer">Config's facilitator; signs</param>
    public TransactionInstruction AuthorizePayment(PaymentTerms terms, PublicKey payer, PublicKey rentPayer, PublicKey mint) => new(
        programId,
        [
            AccountMeta.ReadOnly(payer, isSigner: true),
            AccountMeta.Writable(rentPayer, isSigner: true),
            AccountMeta.ReadOnly(ConfigAddress),
            AccountMeta.ReadOnly(mint),
            AccountMeta.Writable(TokenAccountOf(payer, mint)),
            AccountMeta.Writable(PaymentAddress(terms.IntentId)),
            AccountMeta.Writable(EscrowAddress(terms.IntentId)),
            AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
            AccountMeta.ReadOnly(SystemProgram.ProgramIdKey),
        ],
        Call("authorize_payment").Uuid(terms.IntentId).Uuid(terms.JobId)
            .U64(terms.Amount).I64(terms.ExpiresAt).I64(terms.SettleBy).ToArray());

    /// <param name="assigner">Config's; signs</param>
    /// <param name="attempt">strictly rising</param>
    /// <param name="node">authority wallet</param>
    public TransactionInstruction AssignNode(Guid intentId, uint attempt, PublicKey node, PublicKey assigner) => new(
        programId,
        [
            AccountMeta.ReadOnly(assigner, isSigner: true),
            AccountMeta.ReadOnly(ConfigAddress),
            AccountMeta.Writable(PaymentAddress(intentId)),
        ],
        Call("assign_node").U32(attempt).Key(node).ToArray());

    /// <summary>Two instructions: the oracles' signatures, and directly after them the settlement. Anyone may send it.</summary>
    /// <param name="nodeToken">any token account that the assigned node's wallet owns</param>
    /// <param name="payerToken">any token account that the payer owns: an ATA can be handed to somebody else after the lock</param>
    /// <param name="mint">the payment's; HYPER when null</param>
    /// <exception cref="ArgumentException">Config takes no payments in this mint</exception>
    public IReadOnlyList<TransactionInstruction> SubmitUsageProof(
        UsageProof proof, FacilitatorConfig settings, PublicKey nodeToken, PublicKey payerToken, PublicKey rentPayer,
        IReadOnlyList<(PublicKey Oracle, byte[] Signature)> attestations, PublicKey? mint = null)
    {
        var accepted = settings.Accepted(mint ?? settings.Mint) ?? throw new ArgumentException($"Config takes no payments in {mint}.", nameof(mint));
        return
        [
            Ed25519Program.Verify(attestations, proof.Digest(settings.Cluster, programId)),
            new TransactionInstruction(programId,
                [
                    AccountMeta.ReadOnly(ConfigAddress),
                    AccountMeta.ReadOnly(accepted.Mint),
                    AccountMeta.Writable(PaymentAddress(proof.IntentId)),
                    AccountMeta.Writable(EscrowAddress(proof.IntentId)),
                    AccountMeta.Writable(nodeToken),
                    AccountMeta.Writable(accepted.ProtocolVault),
                    AccountMeta.Writable(accepted.PlatformVault),
                    AccountMeta.Writable(payerToken),
                    AccountMeta.Writable(rentPayer),
                    AccountMeta.ReadOnly(SysVars.InstructionsKey),
                    AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
                ],
                Call("submit_usage_proof").U32(proof.Attempt).U8((byte)proof.Verdict).U64(proof.Charge)
                    .Fixed(proof.ExecutionHash, 32, "An execution hash").Fixed(proof.LogsHash, 32, "A logs hash")
                    .I64(proof.ValidUntil).ToArray()),
        ];
    }

    /// <summary>Two instructions: the oracles' signatures, and directly after them the refund. Anyone may send it.</summary>
    /// <param name="payerToken">any token account that the payer owns</param>
    /// <param name="mint">the payment's; HYPER when null</param>
    public IReadOnlyList<TransactionInstruction> RefundFailed(
        RefundOrder order, FacilitatorConfig settings, PublicKey payerToken, PublicKey rentPayer,
        IReadOnlyList<(PublicKey Oracle, byte[] Signature)> attestations, PublicKey? mint = null) =>
    [
        Ed25519Program.Verify(attestations, order.Digest(settings.Cluster, programId)),
        new TransactionInstruction(programId,
            [
                .. RefundAccounts(order.IntentId, mint ?? settings.Mint, payerToken, rentPayer),
                AccountMeta.ReadOnly(SysVars.InstructionsKey),
                AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
            ],
            Call("refund_failed").U32(order.Attempt).U8(order.Reason).I64(order.ValidUntil).ToArray()),
    ];

    /// <summary>Only while nobody has been assigned.</summary>
    /// <param name="authority">the payer or Config's facilitator; signs</param>
    /// <param name="payerToken">any token account that the payer owns</param>
    public TransactionInstruction Cancel(Guid intentId, PublicKey authority, PublicKey mint, PublicKey payerToken, PublicKey rentPayer) => new(
        programId,
        [
            AccountMeta.ReadOnly(authority, isSigner: true),
            .. RefundAccounts(intentId, mint, payerToken, rentPayer),
            AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
        ],
        Call("cancel").ToArray());

    /// <summary>From settle_by and a grace on; anyone may send it.</summary>
    /// <param name="payerToken">any token account that the payer owns</param>
    public TransactionInstruction RefundExpired(Guid intentId, PublicKey mint, PublicKey payerToken, PublicKey rentPayer) => new(
        programId,
        [
            .. RefundAccounts(intentId, mint, payerToken, rentPayer),
            AccountMeta.ReadOnly(TokenProgram.ProgramIdKey),
        ],
        Call("refund_expired").ToArray());

    /// <summary>Removes the tombstone of a payment that is over, from its <c>closable_at</c> on; anyone may send it.</summary>
    /// <param name="rentPayer">gets the account's lamports; the one that the account names</param>
    public TransactionInstruction CloseIntent(Guid intentId, PublicKey rentPayer) => new(
        programId,
        [AccountMeta.Writable(PaymentAddress(intentId)), AccountMeta.Writable(rentPayer)],
        Call("close_intent").ToArray());

    /// <summary>A view: simulate it, the return data is the text that a payer signs.</summary>
    /// <param name="nonce">32 bytes</param>
    public TransactionInstruction RenderIntent(Guid intentId, Guid jobId, ulong amount, ulong timestampMs, ulong expiresMs, ReadOnlySpan<byte> nonce) => new(
        programId,
        [],
        Call("render_intent").Uuid(intentId).Uuid(jobId).U64(amount).U64(timestampMs).U64(expiresMs).Fixed(nonce, 32, "A nonce").ToArray());

    private AccountMeta[] RefundAccounts(Guid intentId, PublicKey mint, PublicKey payerToken, PublicKey rentPayer) =>
    [
        AccountMeta.ReadOnly(ConfigAddress),
        AccountMeta.ReadOnly(mint),
        AccountMeta.Writable(PaymentAddress(intentId)),
        AccountMeta.Writable(EscrowAddress(intentId)),
        AccountMeta.Writable(payerToken),
        AccountMeta.Writable(rentPayer),
    ];

    private static WireWriter Call(string instruction) => new WireWriter().Bytes(AnchorDiscriminator.Instruction(instruction));

    private static PublicKey Derive(PublicKey program, ReadOnlySpan<byte> seed, byte[]? id = null) =>
        PublicKey.FindProgramAddress(id is null ? [seed.ToArray()] : [seed.ToArray(), id], program).Address;
}
