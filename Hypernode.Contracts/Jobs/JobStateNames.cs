namespace Hypernode.Contracts.Jobs;

/// <summary>The states of a job, as stored and shown, and their mapping to the white paper's five (here only).</summary>
public static class JobStateNames
{
    /// <summary>Stored by the intake, not yet seen by the saga; shown as <see cref="Submitted"/>.</summary>
    public const string Initial = "Initial";
    public const string Submitted = "Submitted";
    public const string IntentVerified = "IntentVerified";
    public const string EscrowPending = "EscrowPending";
    public const string Matching = "Matching";
    public const string Assigned = "Assigned";
    public const string Executing = "Executing";
    public const string Executed = "Executed";
    public const string Verified = "Verified";
    public const string SettlementPending = "SettlementPending";
    public const string Paid = "Paid";
    public const string Refunding = "Refunding";
    public const string Refunded = "Refunded";
    public const string Rejected = "Rejected";

    public static bool IsTerminal(string state) => state is Paid or Refunded or Rejected;

    /// <summary>White paper §7.2: pending, running, completed, failed, refunded.</summary>
    public static string ToStatus(string state) => state switch
    {
        Assigned or Executing or Executed or Verified or SettlementPending => "running",
        Paid => "completed",
        Refunding or Refunded => "refunded",
        Rejected => "failed",
        _ => "pending",
    };
}
