namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>An answer to the broker: for one delivery, or (an acknowledgement only) for all unanswered ones up to it.</summary>
internal readonly record struct Answer(ulong Tag, bool Taken, bool Multiple);

/// <summary>
/// Which deliveries of one channel are settled and not answered yet. Nothing is in an answer that was not settled: one that
/// speaks for many ends before the first delivery that is still in work. Safe to call from any thread.
/// </summary>
internal sealed class AckBook
{
    private readonly Lock _gate = new();

    /// <summary>Settled, by tag; true: taken and not answered, false: refused or answered already.</summary>
    private readonly SortedDictionary<ulong, bool> _settled = [];

    private readonly List<ulong> _refused = [];

    /// <summary>Taken ones that stood behind a gap when answers were last asked for.</summary>
    private readonly List<ulong> _stuck = [];

    private ulong _delivered;
    private ulong _through;
    private int _waiting;

    /// <summary>Nothing is in work: there is nothing to wait for.</summary>
    public bool Whole
    {
        get
        {
            lock (_gate)
            {
                return _through + (ulong)_settled.Count == _delivered;
            }
        }
    }

    /// <summary>Settled, and not answered yet.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting;
            }
        }
    }

    /// <param name="tag">A channel counts its deliveries from 1, without gaps.</param>
    public void Delivered(ulong tag)
    {
        lock (_gate)
        {
            _delivered = tag;
        }
    }

    /// <param name="taken">True: it is durable, or nobody wants it. False: the broker is to deliver it again.</param>
    public void Settle(ulong tag, bool taken)
    {
        lock (_gate)
        {
            _settled.Add(tag, taken);
            _waiting++;
            if (!taken)
            {
                _refused.Add(tag);
            }
        }
    }

    /// <summary>
    /// What may be written now, in this order: refusals first, since an acknowledgement for many would swallow them. What stands
    /// behind a delivery in work is left for the next time, and then answered alone.
    /// </summary>
    public IReadOnlyList<Answer> Take()
    {
        lock (_gate)
        {
            List<Answer> answers = [.. _refused.Select(static tag => new Answer(tag, Taken: false, Multiple: false))];
            _refused.Clear();
            var (last, count) = (0UL, 0);
            while (_settled.Remove(_through + 1, out var unanswered))
            {
                _through++;
                (last, count) = unanswered ? (_through, count + 1) : (last, count);
            }

            if (count > 0)
            {
                answers.Add(new Answer(last, Taken: true, Multiple: count > 1));
            }

            foreach (var tag in _stuck.Where(tag => tag > _through))
            {
                _settled[tag] = false;
                answers.Add(new Answer(tag, Taken: true, Multiple: false));
            }

            _stuck.Clear();
            if (_settled.Count > 0)
            {
                _stuck.AddRange(_settled.Where(static s => s.Value).Select(static s => s.Key));
            }

            _waiting = _stuck.Count;
            return answers;
        }
    }
}
