using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;
using Hypernode.Solana.Facilitator;

namespace Hypernode.Workers.Adapters.Solana;

/// <summary>A failed transaction in a worker's terms: a code, a sentence, and whether the cause may pass.</summary>
internal static class Refusals
{
    public const string PaymentMissing = "payment-missing";

    // The chain's clock, the fee payer's purse, a blockhash and an upgrade under way change by themselves or by an operator's
    // hand; everything else will be refused again.
    private static readonly HashSet<string> Passing = new(StringComparer.Ordinal)
    {
        nameof(FacilitatorError.NotYetRefundable),
        nameof(FacilitatorError.AttestationExpired),
        "AccountNotFound",
        "InsufficientFundsForFee",
        "InsufficientFundsForRent",
        "ResultWithNegativeLamports",
        "BlockhashNotFound",
        "ProgramAccountNotFound",
        "InvalidProgramForExecution",
        "UnsupportedProgramId",
        "AccountInUse",
        "ClusterMaintenance",
        "WouldExceedMaxBlockCostLimit",
        "WouldExceedMaxAccountCostLimit",
    };

    // What the program says of a token account that is not, or no longer, the payee's; the last one is the token program's.
    private static readonly HashSet<string> OfPayoutAccount = new(StringComparer.Ordinal)
    {
        nameof(FacilitatorError.PayerMismatch),
        "ConstraintTokenOwner",
        "ConstraintTokenMint",
        "AccountOwnedByWrongProgram",
        "AccountDiscriminatorMismatch",
        "AccountFrozen",
    };

    /// <summary>A payout was refused for the account that it goes to: another one of the same wallet, or a later try, may do.</summary>
    public static bool IsOfPayoutAccount(EscrowAnswer answer) => answer is EscrowAnswer.Refused refused && OfPayoutAccount.Contains(refused.Code);

    public static EscrowAnswer.Refused From(ProgramError error) => new(
        error.Name,
        $"{error.Message} ({error})",
        Passing.Contains(error.Name));

    public static EscrowAnswer.Refused Expired(ConfirmationResult.Expired expired) => new(
        "transaction-expired",
        $"{expired.Signature} did not land before block height {expired.LastValidBlockHeight}",
        CanRetry: true);

    public static EscrowAnswer.Refused WalletTransactionLost(PendingTransaction lost) => new(
        "transaction-expired",
        $"the wallet's transaction {lost.Signature} did not land and can't any more: nothing was locked, submit the job anew",
        CanRetry: false);

    public static EscrowAnswer.Refused Missing(Guid intent) => new(
        PaymentMissing,
        $"the chain shows no payment {intent:D}",
        CanRetry: true);
}
