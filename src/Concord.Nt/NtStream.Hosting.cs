namespace Concord.Nt;

// What a file system brings to a stream: its own section object pointers, lock and callbacks.
internal sealed unsafe partial class NtStream
{
    // _slots owns what the first two section object pointers show. It comes after all other locks.
    private readonly Lock _slots = new();
    private volatile bool _wasOverwritten;

    // Gate owns the writing of both.
    private NtCallbacks? _callbacks;
    private volatile UnmanagedMemory? _shownSize;

    /// <summary>What the file system brought that hosts the stream; null for the handles of this library.</summary>
    internal HostedStream? Host { get; }

    /// <summary>
    /// Whether the calling thread has acquired the stream exclusively, by whichever lock the stream has.
    /// </summary>
    internal bool IsMineExclusively => Host?.IsMineExclusively ?? Resource.IsMineExclusively;

    /// <summary>
    /// Whether a caller's slots are as they were shown last; slots that are not are never written again.
    /// </summary>
    private bool IsIntactLocked
    {
        get
        {
            if (Host is null) return true;
            bool isIntact = !_wasOverwritten
                && _pointers->DataSectionObject == (_hasSection ? _pointers : null)
                && _pointers->SharedCacheMap == (_isCached ? _pointers : null);
            _wasOverwritten = !isIntact;
            return isIntact;
        }
    }

    /// <summary>
    /// Takes what a flush needs of the file system's locks, where there is one that hosts the stream.
    /// </summary>
    internal FlushLocks AcquireForFlush() => Host?.AcquireForFlush() ?? default;

    /// <summary>The rule that a caller broke with its own section object pointers, or null.</summary>
    internal string? FindOverwritten()
    {
        lock (_slots)
        {
            return IsIntactLocked
                ? null : "the section object pointers were overwritten or freed before the stream was detached";
        }
    }

    /// <summary>Asks while no handle's caching begins or ends.</summary>
    internal string? Unchanging(Func<string?> question)
    {
        lock (_caching) return question();
    }

    /// <summary>From now on write-behind and read-ahead call these; the same as before are not taken anew.</summary>
    internal void SetCallbacks(CACHE_MANAGER_CALLBACKS* calls, void* context)
    {
        if (calls is null) return;
        lock (Gate)
        {
            if (_callbacks?.Are(*calls, (nint)context) == true) return;
            State.BackgroundLocks = _callbacks = new NtCallbacks(*calls, (nint)context, _callbacks);
        }
    }

    /// <summary>None of the callbacks is called any more. Returns when those under way have ended.</summary>
    internal void EndCallbacks()
    {
        NtCallbacks? ended;
        lock (Gate)
        {
            ended = _callbacks;
            if (ended is null) return;
            _callbacks = null;
            if (State.BackgroundLocks == ended) State.BackgroundLocks = null;
        }

        ended.Close();
    }

    /// <summary>Where the size stands, as of now, for its owner to read and to put another there.</summary>
    internal LARGE_INTEGER* ShowSize()
    {
        lock (Gate)
        {
            var shown = (LARGE_INTEGER*)(_shownSize ??= new UnmanagedMemory(2 * sizeof(LARGE_INTEGER))).Address;
            shown[0].QuadPart = shown[1].QuadPart = State.Sizes.Length;
            return shown;
        }
    }

    /// <summary>Takes over a size that the stream's owner put where <see cref="ShowSize"/> had shown it.</summary>
    internal void TakeOverSize(NtFile handle)
    {
        if (_shownSize is not { } memory) return;
        var shown = (LARGE_INTEGER*)memory.Address;
        long wanted = shown[0].QuadPart;
        if (Interlocked.Exchange(ref shown[1].QuadPart, wanted) == wanted || wanted < 0) return;
        NtCall.RequireWritable(nameof(Ntifs.CcGetFileSizePointer), handle);
        NtCall.RequireReach(nameof(Ntifs.CcGetFileSizePointer), this, wanted);
        SetSizes(handle.Operations, wanted, Math.Min(wanted, State.Sizes.ValidLength));
        GC.KeepAlive(memory);
    }

    /// <summary>Tells the cache the file's sizes, and mapped pages behind its end that it grows over them.</summary>
    internal void SetSizes(FileOperations file, long length, long valid) =>
        Zeros.While(file, length, () => file.SetSizes(length, valid));

    /// <summary>
    /// Before a write makes the file longer: mapped pages behind its end become pages of the file, so that the write
    /// does not wait for their holders.
    /// </summary>
    internal void GrowOverZeros(FileOperations file, long length)
    {
        if (Zeros.HasPages && length > file.Length) ExtendOverZeros(file, length);
    }

    private void ExtendOverZeros(FileOperations file, long length) =>
        Zeros.While(file, length, () => file.ExtendSizes(length, State.Sizes.ValidLength));
}
