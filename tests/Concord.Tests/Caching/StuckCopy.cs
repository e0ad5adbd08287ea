using Concord.Caching;
using Concord.Memory;

namespace Concord.Tests.Caching;

/// <summary>A thread that is inside a copy from or to a page, and does not leave before it is let.</summary>
internal sealed class StuckCopy : IDisposable
{
    private readonly ManualResetEventSlim _inside = new();
    private readonly ManualResetEventSlim _leave = new();
    private readonly Thread _thread;

    /// <param name="map">The file.</param>
    /// <param name="page">A page of its first extent.</param>
    /// <param name="writes">Whether the copy goes to the page, and marks it dirty at its end.</param>
    /// <param name="pages">How many pages from that one on it is inside.</param>
    internal StuckCopy(FileState map, int page, bool writes = false, int pages = 1)
    {
        _thread = new Thread(() =>
        {
            var extent = map.Extents.Find(0)!;
            var pin = Pins.Mine;
            pin.Enter(map.SectionId, 0, PageMask.Of(page, pages));
            _inside.Set();
            _leave.Wait();
            Seen = extent.BytesAt(page * Pages.Bytes, 1)[0];
            if (writes) extent.MarkDirty(PageMask.Of(page, 1));
            pin.Leave();
        });
        _thread.Start();
        _inside.Wait();
    }

    /// <summary>The first byte of the page, as the copy found it at its end.</summary>
    internal byte Seen { get; private set; }

    /// <summary>Lets the copy come to its end.</summary>
    internal void Leave()
    {
        _leave.Set();
        _thread.Join();
    }

    public void Dispose()
    {
        Leave();
        _inside.Dispose();
        _leave.Dispose();
    }
}
