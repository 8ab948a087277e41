namespace Hypernode.Api.Live;

/// <summary>Wakes one who waits; what comes while it is awake wakes it once more.</summary>
internal sealed class Wake
{
    private TaskCompletionSource _set = New();

    /// <summary>Any thread; returns at once.</summary>
    public void Set() => Volatile.Read(ref _set).TrySetResult();

    /// <summary>Until it is set, or so long. Afterwards it is unset: who then reads what has moved sees all that was told before.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_set.Task, Task.Delay(atMost, time, over.Token));
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        if (_set.Task.IsCompleted)
        {
            Volatile.Write(ref _set, New());
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
