namespace Concord.Caching;

/// <summary>
/// The files of a cache with dirty pages or a writable view: background writing visits these and no others. The first
/// page that becomes dirty lists its file; the lazy writer takes a file off when it finds it clean.
/// </summary>
internal sealed class DirtyFiles
{
    // _gate owns _files. It comes after the locks of extents.
    private readonly Lock _gate = new();
    private readonly HashSet<FileState> _files = [];

    /// <summary>Called after a file was listed, with locks of extents held: must not wait.</summary>
    internal Action? Added { get; set; }

    /// <summary>
    /// Called after a write-back of a file, where no lazy writer takes clean files off the list; or null. It must
    /// not wait.
    /// </summary>
    internal Action<FileState>? Written { get; set; }

    internal bool AreNone
    {
        get
        {
            lock (_gate) return _files.Count == 0;
        }
    }

    internal FileState[] Snapshot()
    {
        lock (_gate) return [.. _files];
    }

    internal void Add(FileState file)
    {
        lock (_gate) _files.Add(file);
        Added?.Invoke();
    }

    internal void Remove(FileState file)
    {
        lock (_gate) _files.Remove(file);
    }

    /// <summary>
    /// Runs <paramref name="then"/> if no file is listed. For a file that is listed meanwhile, <see cref="Added"/> is
    /// called after that.
    /// </summary>
    internal void IfNone(Action then)
    {
        lock (_gate)
        {
            if (_files.Count == 0) then();
        }
    }
}
