namespace Hypernode.Sagas.Engine;

public static class CauseHeader
{
    /// <summary>On an event: the message id of the command that it answers, whose outbox row goes with the event's commit.</summary>
    public const string Name = "hypernode-cause";
}
