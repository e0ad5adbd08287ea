namespace Concord.Tests.Caching.Stacks;

/// <summary>
/// A store in a file that it may get after it was opened, at its first call. Its calls are done on the thread of the
/// caller, or on a thread of its own with nobody's context.
/// </summary>
/// <param name="named">The file it names; null if it names none.</param>
/// <param name="isForeign">Whether a thread of its own does the calls.</param>
internal sealed class LateStore(CachedFile? named, bool isForeign) : BackingStore
{
    private readonly WorkerStore.Worker? _worker = isForeign ? new() : null;
    private readonly CachedFile? _named = named;
    private CachedFile? _below = named;

    public override string Name => "late store";

    public override IReadOnlyCollection<ICoherentFile> FilesBelow => _named is null ? base.FilesBelow : [_named];

    /// <summary>Gives the file, when the first call of the store needs it.</summary>
    internal Func<CachedFile>? Finds { get; set; }

    /// <summary>Whether it refuses to write now.</summary>
    internal bool Refuses { get; set; }

    private CachedFile Below => _below ??= Finds!();

    public override long GetLength() => _below is null ? 0 : Do(static file => file.Length);

    public override int Read(long offset, Memory<byte> destination) => Do(file => file.Read(offset, destination.Span));

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        if (Refuses) throw new IOException("planted");
        Do(file =>
        {
            foreach (var piece in pieces)
            {
                file.Write(offset, piece.Span);
                offset += piece.Length;
            }

            return 0;
        });
    }

    public override void Barrier() => Do(static file => file.Flush());

    public override void SetLength(long length) => Do(file =>
    {
        file.SetLength(length);
        return 0;
    });

    protected override void Dispose(bool disposing)
    {
        if (disposing) _worker?.Dispose();
    }

    private T Do<T>(Func<CachedFile, T> call) => _worker is null ? call(Below) : _worker.Do(() => call(Below));
}
