using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Host.Messaging;

internal sealed partial class NodeMailbox
{
    /// <summary>One node's queue while it asks; one command at a time is the node's.</summary>
    private sealed class Session(Func<string> newAck) : IAsyncDisposable
    {
        private readonly Lock _gate = new();
        private readonly CancellationTokenSource _over = new();
        private readonly SemaphoreSlim _turn = new(1, 1);
        private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private (HeldCommand Command, TaskCompletionSource Confirmed)? _held;
        private ITimer? _idle;
        private Task _listening = Task.CompletedTask;

        /// <summary>Questions that are waiting now. Under the mailbox's lock, as <see cref="Enter"/> and <see cref="Leave"/>.</summary>
        public int Askers { get; private set; }

        public bool HasEnded => _listening.IsCompleted;

        public void Begin(Func<(Func<NodeCommand, CancellationToken, Task> Handle, CancellationToken Token), Task> listen) =>
            _listening = listen((OfferAsync, _over.Token));

        public void Enter()
        {
            Askers++;
            _idle?.Dispose();
            _idle = null;
        }

        public void Leave(ITimer idle)
        {
            Askers--;
            _idle?.Dispose();
            _idle = idle;
        }

        public async Task<HeldCommand?> NextAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
        {
            Task arrived;
            lock (_gate)
            {
                if (_held is { } held)
                {
                    return held.Command;
                }

                arrived = _arrived.Task;
            }

            try
            {
                // A queue that can't be read ends the wait, too: the node asks again, and it is opened anew.
                await Task.WhenAny(arrived, _listening).WaitAsync(patience, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return null;
            }

            lock (_gate)
            {
                return _held?.Command;
            }
        }

        public bool Confirm(string ack)
        {
            lock (_gate)
            {
                if (_held is not { } held || held.Command.Ack != ack)
                {
                    return false;
                }

                _held = null;
                _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                held.Confirmed.TrySetResult();
                return true;
            }
        }

        public async ValueTask DisposeAsync()
        {
            _idle?.Dispose();
            await _over.CancelAsync();
            await _listening;
        }

        /// <summary>Returns when the node has confirmed it; fails when the session is over, and the queue keeps it.</summary>
        private async Task OfferAsync(NodeCommand command, CancellationToken cancellationToken)
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _over.Token);
            await _turn.WaitAsync(both.Token);
            var confirmed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            try
            {
                lock (_gate)
                {
                    _held = (new HeldCommand(newAck(), command), confirmed);
                    _arrived.TrySetResult();
                }

                await confirmed.Task.WaitAsync(both.Token);
            }
            finally
            {
                lock (_gate)
                {
                    if (_held?.Confirmed == confirmed)
                    {
                        // Taken back: what was shown and not confirmed is nobody's now.
                        _held = null;
                        _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    }
                }

                _turn.Release();
            }
        }
    }
}
