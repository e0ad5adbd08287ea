using Concord.Memory;

namespace Concord.Caching;

/// <summary>What this process's views of a file show, as their sharers say.</summary>
internal static class UserViews
{
    internal static bool Exist(FileState file) => file.Sharers.Any(static sharer => sharer.IsUserView);

    /// <summary>Whether a view shows something of a range.</summary>
    internal static bool Meet(FileState file, ByteRange range) => file.Sharers.Any(sharer => sharer.IsUserView && sharer.Shows(range));

    /// <summary>How many views can write the file somewhere.</summary>
    internal static int CountWritable(FileState file) =>
        file.Sharers.Count(static sharer => sharer.IsUserView && sharer.CanWrite(new ByteRange(0, long.MaxValue)));

    /// <summary>Which of an extent's pages a view shows. Asks the sharers, so no extent is locked meanwhile.</summary>
    internal static ulong PagesShown(FileState file, long extent, ulong pages)
    {
        ulong shown = PageMask.None;
        if (pages == PageMask.None || !Meet(file, PageGeometry.BytesOf(extent, pages))) return shown;
        for (ulong rest = pages; rest != PageMask.None; rest &= rest - 1)
        {
            ulong page = rest & (0 - rest);
            if (Meet(file, PageGeometry.BytesOf(extent, page))) shown |= page;
        }

        return shown;
    }
}
