using System.Runtime.CompilerServices;
using Concord.Caching;
using Concord.Memory;

namespace Concord;

// Calls of a few bytes, which programs make one after the other in the same page: the cursor finds it for them.
public sealed partial class CachedFileStream
{
    /// <summary>
    /// The longest call that the cursor is for: in a longer one the copy costs more than finding the page.
    /// </summary>
    private const int ShortBytesMax = 256;

    // Belongs to the thread that made the last two short calls.
    private PageCursor? _cursor;

    // Where the last short call was that found its page itself.
    private long _lastPage = -2;

    /// <inheritdoc/>
    public override int ReadByte()
    {
        nuint stack = PageCursor.Stack;
        if (_cursor is { } cursor && cursor.TryRead(stack, _position) is >= 0 and var value)
        {
            _position++;
            return value;
        }

        return ReadByteByFile(stack);
    }

    /// <inheritdoc/>
    public override void WriteByte(byte value)
    {
        nuint stack = PageCursor.Stack;
        if (_cursor is { } cursor && cursor.TryWrite(stack, _position, value))
        {
            _position++;
            return;
        }

        WriteByteByFile(stack, value);
    }

    /// <summary>Reads at the position and moves it. Blocks for what is not in memory.</summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <returns>How many bytes were read: all, or fewer where the file ends.</returns>
    /// <exception cref="IOException">
    /// The store could not be read, or the cache is full; the position is as before.
    /// </exception>
    /// <exception cref="NotSupportedException">The file was opened for writing.</exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// It comes from within a call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public override int Read(Span<byte> buffer)
    {
        nuint stack = PageCursor.Stack;
        if (buffer.Length > ShortBytesMax || _cursor is not { } cursor || Bounce.IsNeeded(buffer)
            || !cursor.TryRead(stack, _position, buffer))
        {
            return ReadByFile(stack, buffer);
        }

        _position += buffer.Length;
        return buffer.Length;
    }

    /// <summary>
    /// Writes at the position and moves it; beyond the end the file grows, and a gap reads as zeros.
    /// Blocks as <see cref="FileOperations.Write"/> does.
    /// </summary>
    /// <param name="buffer">The bytes.</param>
    /// <exception cref="IOException">
    /// The cache is full, or a page could not be read; some of the bytes may be in the file, and the position is as
    /// before.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">The end would lie beyond what a file can have.</exception>
    /// <exception cref="NotSupportedException">The file was opened for reading.</exception>
    /// <exception cref="ObjectDisposedException">The stream or its file was closed.</exception>
    /// <exception cref="InvalidOperationException">
    /// The caller holds the file and has suspended some of these pages: resume them first. Or it comes from within a
    /// call of the file's own store or log, and would wait for itself. Nothing has changed.
    /// </exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        nuint stack = PageCursor.Stack;
        if (buffer.Length > ShortBytesMax || _cursor is not { } cursor || buffer.IsEmpty
            || Bounce.IsNeeded(buffer) || !cursor.TryWrite(stack, _position, buffer))
        {
            WriteByFile(stack, buffer);
            return;
        }

        _position += buffer.Length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int ReadByteByFile(nuint stack)
    {
        byte value = 0;
        return ReadByFile(stack, new Span<byte>(ref value)) == 0 ? -1 : value;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteByteByFile(nuint stack, byte value) => WriteByFile(stack, new ReadOnlySpan<byte>(in value));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int ReadByFile(nuint stack, Span<byte> buffer)
    {
        ThrowIfClosed();
        long offset = _position;
        int count = _file.Read(offset, buffer);
        _position = offset + count;
        if (count > 0 && buffer.Length <= ShortBytesMax) Follow(stack, offset, writtenTo: 0);
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteByFile(nuint stack, ReadOnlySpan<byte> buffer)
    {
        ThrowIfNotWritable();
        if (buffer.IsEmpty) return;
        NoteWrite(buffer.Length);
        long offset = _position;
        _file.Write(offset, buffer);
        _position = offset + buffer.Length;
        if (buffer.Length > ShortBytesMax) return;

        // The next flush hands over the whole page: writes by the cursor need not note themselves.
        long page = offset & -PageGeometry.PageBytes;
        (_writtenFrom, _writtenTo) = (
            Math.Min(_writtenFrom, page), Math.Max(_writtenTo, page + PageGeometry.PageBytes));
        Follow(stack, offset, _file.Reach == WriteReach.Memory ? _position : 0);
    }

    /// <summary>
    /// Moves the cursor to the page of a short call, if the short call before was in the same page or the one before.
    /// Whoever holds the file exclusively has none: nothing would tell it of a length that its holder changes.
    /// </summary>
    private void Follow(nuint stack, long offset, long writtenTo)
    {
        long page = offset >> PageGeometry.PageShift;
        if ((page == _lastPage || page == _lastPage + 1) && !_file.HoldsExclusively)
        {
            PageCursor.Move(ref _cursor, _file.State, _file.IsReadable, stack, offset, writtenTo);
        }

        _lastPage = page;
    }
}
