using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Images;

/// <summary>One pull, and all who wait for it: what it says goes to each of them, no more often than can be read.</summary>
internal sealed class ImagePull
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly List<Action<string>> _listeners = [];
    private readonly TimeProvider _time;
    private readonly long _began;
    private long _said;

    /// <param name="log">The agent's own log.</param>
    public ImagePull(IImageSource source, ImageReference image, long maxBytes, TimeProvider time, Action<string> log, CancellationToken cancellationToken)
    {
        _time = time;
        _began = _said = time.GetTimestamp();
        _listeners.Add(log);
        Done = Task.Run(
            async () =>
            {
                await source.PullAsync(image, maxBytes, Note, cancellationToken);
                Tell($"image {image} is pulled: {Last}, {_time.GetElapsedTime(_began).TotalSeconds:0.0} s");
            },
            CancellationToken.None);
    }

    /// <summary>Fails with <see cref="ImagePullException"/>, or as the engine does.</summary>
    public Task Done { get; }

    public PullProgress Last { get; private set; }

    public void Join(Action<string> say)
    {
        lock (_gate)
        {
            _listeners.Add(say);
        }
    }

    public void Leave(Action<string> say)
    {
        lock (_gate)
        {
            _listeners.Remove(say);
        }
    }

    private void Note(PullProgress progress)
    {
        Last = progress;
        if (_time.GetElapsedTime(_said) >= Between)
        {
            _said = _time.GetTimestamp();
            Tell($"pulling: {progress}");
        }
    }

    /// <summary>Under the gate: who has left is told nothing any more (its log may be signed by now).</summary>
    private void Tell(string line)
    {
        lock (_gate)
        {
            _listeners.ForEach(l => l(line));
        }
    }
}
