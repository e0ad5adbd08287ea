using System.Globalization;
using System.Text;
using Concord.Interop;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Pages that a thread inside a view asked for and that could not be had. The thread gets a SIGBUS, after a line on the
/// standard error stream that names file and offset; never zeros, and never no answer. A purge, a load that succeeds
/// and prefaulting end it.
/// </summary>
internal sealed class ViewPoison(FileState file, Evictor evictor, ViewList views)
{
    private readonly Lock _gate = new();
    private readonly HashSet<long> _pages = [];
    private volatile int _count;

    /// <summary>How many pages are poisoned.</summary>
    internal int Count => _count;

    /// <summary>Poisons an absent page in every view that shows it, after a line that says so.</summary>
    internal void Set(long offset, Exception error)
    {
        Diagnostic.Say(Line(offset, error));
        var page = new ByteRange(offset, PageGeometry.PageBytes);
        while (true)
        {
            // Under the lock that a load of the page ends under, which takes the poison away.
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
    /// Null where there can be none: the system has no memory for it, and nobody loads the page.
    /// </summary>
    private Extent? ExtentOrNone(long offset)
    {
        try
        {
            return file.EnsureExtent(PageGeometry.ExtentOf(offset));
        }
        catch (IOException)
        {
            // The caller tells what was wrong in the first place.
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

    /// <summary>Lets poisoned pages of a range ask again.</summary>
    internal void Clear(ByteRange range)
    {
        if (_count != 0) ClearSome(range);
    }

    /// <summary>Apart from the question whether there is anything to clear, which must not allocate.</summary>
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
            + $"{ShownText.Of(error)}; SIGBUS follows. MappedView.Prefault reports such errors as exceptions.\n"));
}
