using Concord.Memory;
using Concord.Tests.Caching;
using Concord.Tests.Caching.Views;
using Concord.Tests.Interop;
using Concord.Tests.Stores;

namespace Concord.Tests.Variants;

/// <summary>
/// Two files in a small cache, used while imports of the C library fail, and what must hold after that: nothing that
/// was accepted is lost, no claim is left, and everybody goes on.
/// </summary>
internal sealed class FailingCallsRun : IDisposable
{
    internal const int FilePages = 40, CapacityPages = 16;
    private static readonly int Page = Pages.Bytes;

    private readonly TempFolder _folder = new();
    private readonly TempFile _buffer = new();
    private readonly byte[] _model;
    private readonly bool[] _unsure;
    private readonly string _path;
    private readonly FileCache _cache;
    private byte _value;

    internal FailingCallsRun(SectionKind kind, StoreCaching caching)
    {
        _path = Path.Combine(_folder.Path, "file");
        string other = Path.Combine(_folder.Path, "other");
        _model = Pages.Pattern(FilePages * Page - 100, seed: 1);
        _unsure = new bool[_model.Length];
        System.IO.File.WriteAllBytes(_path, _model);
        System.IO.File.WriteAllBytes(other, Pages.Pattern(FilePages * Page, seed: 2));
        _cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = CapacityPages * Page,
            SectionKind = kind,
            LazyWriterInterval = TimeSpan.Zero,
        });
        File = _cache.Open(LocalFileStore.Open(_path, FileMode.Open, FileAccess.ReadWrite, caching: caching));
        Other = _cache.Open(other, FileMode.Open, FileAccess.ReadWrite);
    }

    internal CachedFile File { get; }

    internal CachedFile Other { get; }

    /// <summary>The view that a script mapped; it is unmapped at the end whatever happened before.</summary>
    internal MappedView? View { get; set; }

    /// <summary>How many calls told of an error.</summary>
    internal int Heard { get; private set; }

    /// <summary>A call that may fail: then it says so by an exception that callers expect.</summary>
    internal bool Try(Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (Exception error) when (error is IOException or OutOfMemoryException
            or PlatformNotSupportedException or UnauthorizedAccessException)
        {
            Heard++;
            return false;
        }
    }

    internal void Write(int page, int count)
    {
        byte[] bytes = Pages.Of(++_value, count);
        int offset = page * Page, length = Math.Min(bytes.Length, _model.Length - offset);
        Note(offset, bytes.AsSpan(0, length), Try(() => File.Write(offset, bytes.AsSpan(0, length))));
    }

    internal void WriteUncached(int page, int count)
    {
        byte[] bytes = Pages.Of(++_value, count);
        Note(page * Page, bytes, Try(() => File.WriteUncached(page * Page, bytes)));
    }

    internal void Read(int page, int count)
    {
        byte[] bytes = new byte[count * Page];
        int read = 0;
        if (!Try(() => read = File.Read(page * Page, bytes))) return;
        Check(page * Page, bytes.AsSpan(0, read), "a read shows what was written");
    }

    internal void ReadOther(int page, int count) => Try(() => Other.Read(page * Page, new byte[count * Page]));

    /// <summary>
    /// Writes through a view, by a call of the system: where a page cannot be shown, that fails and raises no signal.
    /// </summary>
    internal void WriteView(MappedView view, int page, int bytes)
    {
        byte[] source = Pages.Of(++_value)[..bytes];
        RandomAccess.Write(_buffer.Handle, source, 0);
        nint read = Native.Pread(_buffer.Handle, view.Address + (page * Page), (nuint)bytes, 0);
        if (read > 0) Note(page * Page, source.AsSpan(0, (int)read), isDone: true);
        if (read < bytes) Heard++;
    }

    internal void ReadView(MappedView view, int page)
    {
        nint written = Native.Pwrite(_buffer.Handle, view.Address + (page * Page), (nuint)Page, 0);
        if (written < Page)
        {
            Heard++;
            return;
        }

        byte[] bytes = new byte[Page];
        RandomAccess.Read(_buffer.Handle, bytes, 0);
        Check(page * Page, bytes, "a view shows what was written");
    }

    /// <summary>The system is well again: what was accepted is there, and no claim is left.</summary>
    internal void Finish()
    {
        View?.Dispose();
        CheckIdle();
        for (int page = 0; page < FilePages; page += 4) Other.Read(page * Page, new byte[4 * Page]);
        byte[] bytes = new byte[_model.Length];
        Require(File.Read(0, bytes) == _model.Length, "the file is as long as it was");
        Check(0, bytes, "what was accepted is in the cache");

        // The first flush may tell of what was.
        Try(() => File.FlushAndPurge());
        Require(File.FlushAndPurge().Status == CoherencyStatus.Success, "a purge succeeds when all is well again");
        CheckIdle();
        Try(File.Close);
        File.Close();
        Other.Close();
        Require(_cache.ResidentBytes == 0 && _cache.DirtyBytes == 0, "nothing is left of closed files");
        Check(0, System.IO.File.ReadAllBytes(_path), "what was accepted is in the file");
        _cache.Close();
    }

    public void Dispose()
    {
        _cache.Dispose();
        _buffer.Dispose();
        _folder.Dispose();
    }

    private void CheckIdle()
    {
        // What loads behind a long read may outlast it.
        Patience.Await(() => IsQuiet(File) && IsQuiet(Other), "loads begun beside a call end");
        long backed = 0, dirty = 0;
        foreach (var file in new[] { File, Other })
        {
            foreach (var extent in file.State.Extents.All)
            {
                lock (extent) CheckIdleLocked(extent);
                backed += PageMask.Count(extent.Backed);
                dirty += PageMask.Count(extent.Dirty);
            }
        }

        var counters = _cache.State.Counters;
        Require(counters.Backed == backed, $"the books have {counters.Backed} backed pages, there are {backed}");
        Require(counters.Dirty == dirty, $"the books have {counters.Dirty} dirty pages, there are {dirty}");
    }

    /// <summary>Whether no load of a long range is at the store, nor between two runs of its pages.</summary>
    private static bool IsQuiet(CachedFile file) => file.State.Requests.Free == file.State.Requests.Most;

    private static void CheckIdleLocked(Extent extent)
    {
        extent.CheckLocked();
        ulong busy = extent.Claimed | extent.Closing | extent.Writing | extent.Suspended | extent.Frozen
            | extent.HeldByLease;
        Require(busy == PageMask.None, $"no claim outlives its call: claimed {extent.Claimed:x}, "
            + $"closing {extent.Closing:x}, writing {extent.Writing:x}, suspended {extent.Suspended:x}, "
            + $"frozen {extent.Frozen:x}, leased {extent.HeldByLease:x}");
    }

    private void Note(int offset, ReadOnlySpan<byte> bytes, bool isDone)
    {
        if (isDone) bytes.CopyTo(_model.AsSpan(offset));
        _unsure.AsSpan(offset, bytes.Length).Fill(!isDone);
    }

    private void Check(int offset, ReadOnlySpan<byte> bytes, string rule)
    {
        for (int at = 0; at < bytes.Length && offset + at < _model.Length; at++)
        {
            int place = offset + at;
            if (bytes[at] == _model[place] || _unsure[place]) continue;
            throw new SimulationFailure($"{rule}: byte {place} is {bytes[at]}, not {_model[place]}");
        }
    }

    private static void Require(bool holds, string rule)
    {
        if (!holds) throw new SimulationFailure(rule);
    }

    /// <summary>A rule did not hold.</summary>
    internal sealed class SimulationFailure(string rule) : Exception(rule);
}
