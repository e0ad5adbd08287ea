using System.Globalization;
using System.Text;
using Concord.Interop;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Pages that a thread inside a view needed and that could not be loaded. The thread gets a SIGBUS, after a line on the
/// standard error stream that names file and offset; it never gets zeros, and never waits for ever. A purge, a load
/// that succeeds and prefaulting end the poison.
/// </summary>
internal sealed class ViewPoison(FileState file, Evictor evictor, ViewList views)
{
    private readonly Lock _gate = new();
    private readonly HashSet<long> _pages = [];
    private volatile int _count;

    /// <summary>How many pages are poisoned.</summary>
    internal int Count => _count;

    /// <summary>Writes the line, and poisons an absent page in every view that shows it.</summary>
    internal void Set(long offset, Exception error)
    {
        Diagnostic.Say(Line(offset, error));
        var page = new ByteRange(offset, PageGeometry.PageBytes);
        while (true)
        {
            // Take the extent's lock: a load of the page ends under it, and ends the poison.
            if (ExtentOrNone(offset) is not { } extent)
            {
                SetLocked(page);
                return;
            }

            lock (extent)
            {
                if (extent.IsRetired) continue;
                evictor.Enlist(file, extent);
                if ((extent.Resident & PageGeometry.PagesOf(extent.Index, page)) == PageMask.None) SetLocked(page);
                else foreach (var view in views.Mappings) view.Wake(page);
                return;
            }
        }
    }

    /// <summary>
    /// The extent; null where the system has no memory for one, so that no load of the page can be under way.
    /// </summary>
    private Extent? ExtentOrNone(long offset)
    {
        try
        {
            return file.EnsureExtent(PageGeometry.ExtentOf(offset));
        }
        catch (IOException)
        {
            // The caller reports the first error.
            return null;
        }
    }

    private void SetLocked(ByteRange page)
    {
        lock (_gate)
        {
            _pages.Add(page.Offset);
            _count = _pages.Count;
        }

        foreach (var view in views.Mappings) view.Poison(page);
    }

    /// <summary>Ends the poison of pages in a range: their next touch faults again.</summary>
    internal void Clear(ByteRange range)
    {
        if (_count != 0) ClearSome(range);
    }

    /// <summary>A method of its own: the check whether there is anything to clear must not allocate.</summary>
    private void ClearSome(ByteRange range)
    {
        lock (_gate)
        {
            foreach (long offset in _pages.Where(
                page => !new ByteRange(page, PageGeometry.PageBytes).Intersect(range).IsEmpty).ToArray())
            {
                foreach (var view in views.Mappings) view.Unpoison(new ByteRange(offset, PageGeometry.PageBytes));
                _pages.Remove(offset);
            }

            _count = _pages.Count;
        }
    }

    private byte[] Line(long offset, Exception error) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"concord: a view of {file.Store.Label} needs the page at offset {offset}, and it cannot be read: "
            + $"{ShownText.Of(error)}; SIGBUS follows\n"));
}
