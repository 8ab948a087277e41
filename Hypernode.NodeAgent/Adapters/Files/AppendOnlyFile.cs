namespace Hypernode.NodeAgent.Adapters.Files;

/// <summary>
/// A file of lines that only grows. A write that fails half-way (a full disk) is cut off again, so that the next line never
/// sticks to a torn one: what stands in the file are whole lines, but for a last one that a crash has torn.
/// </summary>
internal sealed class AppendOnlyFile : IDisposable
{
    private readonly FileStream _file;
    private bool _torn;

    public AppendOnlyFile(string path)
        // No buffer: one that could not be written would be kept, and come back with the next write.
        : this(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0))
    {
    }

    internal AppendOnlyFile(FileStream file)
    {
        _file = file;
        Length = file.Length;
    }

    /// <summary>Of the whole lines, in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>All of it or nothing.</summary>
    /// <exception cref="IOException">Nothing was added; it may be tried again.</exception>
    public void Append(ReadOnlySpan<byte> line, bool flush = false)
    {
        if (_torn)
        {
            CutTo(Length);
        }

        _torn = true;
        try
        {
            _file.Position = Length;
            _file.Write(line);
            _file.Flush(flushToDisk: flush);
        }
        catch
        {
            TryCut();
            throw;
        }

        Length += line.Length;
        _torn = false;
    }

    /// <summary>Onto the disk itself.</summary>
    public void Flush() => _file.Flush(flushToDisk: true);

    public void CutTo(long length)
    {
        _file.SetLength(length);
        Length = length;
        _torn = false;
    }

    public byte[] ReadAll()
    {
        var bytes = new byte[Length];
        _file.Position = 0;
        _file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>From the first line on; the file stays open.</summary>
    public StreamReader Read()
    {
        _file.Position = 0;
        return new StreamReader(_file, leaveOpen: true);
    }

    public void Dispose() => _file.Dispose();

    private void TryCut()
    {
        try
        {
            CutTo(Length);
        }
        catch (IOException)
        {
            // The next write begins with it, and the next start would cut it off as well.
        }
    }
}
