namespace Concord.Cli.Actions;

/// <summary>The progress of a command. Several threads may count, another may read it.</summary>
internal sealed class Tally
{
    private long _files;
    private long _bytes;
    private long _bytesExpected;

    internal long Files => Volatile.Read(ref _files);

    internal long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The total of bytes, where it is known beforehand because the arguments are files.</summary>
    internal long? BytesExpected => Volatile.Read(ref _bytesExpected) is > 0 and var bytes ? bytes : null;

    internal void CountFile() => Interlocked.Increment(ref _files);

    internal void CountBytes(long bytes) => Interlocked.Add(ref _bytes, bytes);

    internal void Expect(long bytes) => Volatile.Write(ref _bytesExpected, bytes);
}
