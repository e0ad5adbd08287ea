namespace Concord.Cli.Tour;

/// <summary>
/// A store over a real file that refuses every write while <see cref="Refuses"/> is set, like a full disk.
/// </summary>
internal sealed class StubbornStore(LocalFileStore file) : BackingStore
{
    /// <summary>The error message of a refused write.</summary>
    internal const string Refusal = "no space left on device (made to fail)";

    /// <summary>Whether writes are refused now.</summary>
    internal bool Refuses { get; set; }

    public override string Name => file.Name;

    public override long GetLength() => file.GetLength();

    public override int Read(long offset, Memory<byte> destination) => file.Read(offset, destination);

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        if (Refuses) throw new IOException(Refusal);
        file.Write(offset, pieces);
    }

    public override void AnnounceBarrier(ByteRange range) => file.AnnounceBarrier(range);

    public override void Barrier() => file.Barrier();

    public override void SetLength(long length) => file.SetLength(length);

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
        base.Dispose(disposing);
    }
}
