namespace Concord.Cli.Files;

/// <summary>Divides bytes into records, each of which one byte ends; the last one may do without.</summary>
internal sealed class RecordReader(Stream stream, byte end)
{
    /// <summary>The longest record: far more than any path, and no memory to speak of.</summary>
    private const int BytesMax = 1 << 20;

    private byte[] _bytes = new byte[64 * 1024];
    private int _first;
    private int _count;
    private bool _isAtEnd;

    /// <summary>The next record without its end, valid until the next call.</summary>
    /// <exception cref="IOException">It cannot be read, or is too long to be a path.</exception>
    internal bool TryNext(out ReadOnlyMemory<byte> record)
    {
        for (int searched = 0; ;)
        {
            int at = _bytes.AsSpan(_first + searched, _count - searched).IndexOf(end);
            if (at >= 0)
            {
                record = _bytes.AsMemory(_first, searched + at);
                Take(searched + at + 1);
                return true;
            }

            if (_isAtEnd) break;
            searched = _count;
            Fill();
        }

        record = _bytes.AsMemory(_first, _count);
        bool isThere = _count > 0;
        Take(_count);
        return isThere;
    }

    private void Take(int bytes)
    {
        _first += bytes;
        _count -= bytes;
    }

    private void Fill()
    {
        // Make room behind the bytes that are there.
        if (_count >= BytesMax)
            throw new IOException("a path in the list is longer than 1 MiB; write one path a line, or use --null");
        if (_count == _bytes.Length) Array.Resize(ref _bytes, _bytes.Length * 2);
        if (_first > 0) _bytes.AsSpan(_first, _count).CopyTo(_bytes);
        _first = 0;

        int read = stream.Read(_bytes.AsSpan(_count));
        _count += read;
        _isAtEnd = read == 0;
    }
}
