using System.Buffers.Binary;
using System.Text;
using Hypernode.NodeAgent.Execution;

namespace Hypernode.NodeAgent.Adapters.Docker;

/// <summary>Which line of a log: the engine's time to the nanosecond, and what else tells two lines apart.</summary>
internal readonly record struct LogLine(string Stamp, string Stream, long Length);

/// <summary>
/// Takes frames apart, wherever they are cut: a header of 8 bytes (stream, 3 zeros, length big-endian), in a log the time and a space,
/// then the line (or a part of a long one). The time is not handed on; it only says which line was the last.
/// </summary>
/// <param name="timed">A log's frames; those of output as it is written have no time.</param>
internal sealed class DockerLogFrames(bool timed = true)
{
    private const int HeaderBytes = 8;

    /// <summary>2026-12-01T13:24:20.834749505Z, or with an offset in place of the Z.</summary>
    private const int LongestStamp = 35;

    /// <summary>A frame of the engine's own, about an error: it has no time, and goes on as what it is, text.</summary>
    private const byte EngineSays = 3;

    /// <summary>Header and time of the frame that is being read, until they are whole.</summary>
    private readonly byte[] _front = new byte[HeaderBytes + LongestStamp + 1];
    private readonly byte[] _lastStamp = new byte[LongestStamp];
    private int _frontBytes;
    private int _lastStampBytes;
    private bool _inLine;
    private string _stream = "";
    private string _lastStream = "";
    private long _lastLength;
    private long _length;
    private long _left;

    /// <summary>The last whole line; null: there was none, or the engine itself spoke last.</summary>
    public LogLine? Last => _lastStampBytes == 0 ? null : new LogLine(Encoding.ASCII.GetString(_lastStamp, 0, _lastStampBytes), _lastStream, _lastLength);

    private string StreamName => _front[0] == 2 ? "stderr" : "stdout";

    /// <summary>What the bytes carry, in order; lines of one stream that follow each other are one piece, with memory of its own.</summary>
    /// <exception cref="EngineRefusedException">No frames with times.</exception>
    public List<LogPiece> Take(ReadOnlySpan<byte> bytes)
    {
        var pieces = new List<LogPiece>();
        var rest = new byte[bytes.Length].AsMemory();
        var filled = 0;
        var pieceStream = "";
        while (true)
        {
            if (!_inLine)
            {
                if (bytes.IsEmpty)
                {
                    break;
                }

                bytes = bytes[TakeFront(bytes)..];
                continue;
            }

            var take = (int)Math.Min(_left, bytes.Length);
            if (take > 0 && _stream != pieceStream)
            {
                Cut();
                pieceStream = _stream;
            }

            bytes[..take].CopyTo(rest.Span[filled..]);
            filled += take;
            bytes = bytes[take..];
            _left -= take;
            if (_left > 0)
            {
                break;
            }

            EndLine();
        }

        Cut();
        return pieces;

        void Cut()
        {
            if (filled > 0)
            {
                pieces.Add(new LogPiece(pieceStream, rest[..filled]));
                (rest, filled) = (rest[filled..], 0);
            }
        }
    }

    /// <exception cref="EndOfStreamException">Not at the end of a frame.</exception>
    public void End()
    {
        if (_inLine || _frontBytes > 0)
        {
            throw new EndOfStreamException("the log broke off in a frame");
        }
    }

    private void EndLine()
    {
        _lastStampBytes = Math.Max(0, _frontBytes - HeaderBytes - 1);
        _front.AsSpan(HeaderBytes, _lastStampBytes).CopyTo(_lastStamp);
        (_lastStream, _lastLength) = (_stream, _length);
        (_inLine, _frontBytes) = (false, 0);
    }

    /// <returns>Bytes used.</returns>
    private int TakeFront(ReadOnlySpan<byte> bytes)
    {
        var used = Fill(bytes, HeaderBytes);
        if (_frontBytes < HeaderBytes)
        {
            return used;
        }

        long size = BinaryPrimitives.ReadUInt32BigEndian(_front.AsSpan(4));
        if (!timed || _front[0] == EngineSays)
        {
            Begin(StreamName, size);
            return used;
        }

        var room = (int)Math.Min(_front.Length, HeaderBytes + size);
        var space = bytes[used..].IndexOf((byte)' ');
        used += Fill(bytes[used..], space < 0 ? room : Math.Min(room, _frontBytes + space + 1));
        if (_frontBytes > HeaderBytes + 1 && _front[_frontBytes - 1] == ' ' && char.IsAsciiDigit((char)_front[HeaderBytes]))
        {
            Begin(StreamName, size - (_frontBytes - HeaderBytes));
        }
        else if (_frontBytes == room || (_frontBytes > HeaderBytes && _front[_frontBytes - 1] == ' '))
        {
            throw new EngineRefusedException(200, "its log has a frame without a time");
        }

        return used;
    }

    private void Begin(string stream, long length)
    {
        (_stream, _inLine) = (stream, true);
        _length = _left = length;
    }

    /// <returns>Bytes used.</returns>
    private int Fill(ReadOnlySpan<byte> bytes, int upTo)
    {
        var take = Math.Clamp(upTo - _frontBytes, 0, bytes.Length);
        bytes[..take].CopyTo(_front.AsSpan(_frontBytes));
        _frontBytes += take;
        return take;
    }
}
