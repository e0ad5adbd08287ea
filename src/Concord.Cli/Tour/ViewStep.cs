using Concord.Cli.Interop;

namespace Concord.Cli.Tour;

/// <summary>
/// The step with a view: native code reads the file at one address, which is mapped once, while the file changes and is
/// purged; then it writes there.
/// </summary>
internal static class ViewStep
{
    /// <summary>The page that is changed behind the cache's back, and the one that native code writes.</summary>
    private const int ReadPage = 99, WrittenPage = 100;

    internal static void Walk(TourGround ground, TourSteps.Checks checks)
    {
        MappedView view;
        try
        {
            view = ground.File.MapView(new ByteRange(0, TourGround.Bytes), ViewAccess.ReadWrite);
        }
        catch (PlatformNotSupportedException reason)
        {
            // Everything else of the cache works without views; the reason says what views need.
            checks.Skip(reason.Message);
            return;
        }

        using (view)
        {
            Read(ground, view.Address, checks);
            Write(ground, view.Address, checks);
        }

        checks.That(ground.Cached().AsSpan().SequenceEqual(ground.Expected), "a cached read agrees with both");
    }

    private static void Read(TourGround ground, nint view, TourSteps.Checks checks)
    {
        const int Offset = ReadPage * TourGround.PageBytes;
        Span<byte> expected = ground.Expected.AsSpan(Offset, TourGround.PageBytes);
        byte[] seen = new byte[TourGround.PageBytes];
        NativeCopy.From(view + Offset, seen);
        checks.That(expected.SequenceEqual(seen), $"memcpy from the view reads page {ReadPage} as it is in the file");

        ground.ChangeBehind(ReadPage);
        byte[] old = seen;
        seen = new byte[TourGround.PageBytes];
        NativeCopy.From(view + Offset, seen);
        checks.That(old.AsSpan().SequenceEqual(seen), "somebody changes the file: the view shows the old page");

        CoherencyResult result = ground.File.FlushAndPurge();
        NativeCopy.From(view + Offset, seen);
        checks.That(result.Status == CoherencyStatus.Success && expected.SequenceEqual(seen),
            "FlushAndPurge: the same address shows the new page, and stayed mapped");
    }

    private static void Write(TourGround ground, nint view, TourSteps.Checks checks)
    {
        const int Offset = WrittenPage * TourGround.PageBytes;
        Span<byte> page = ground.Expected.AsSpan(Offset, TourGround.PageBytes);
        page.Fill(9);
        NativeCopy.To(view + Offset, page);
        CoherencyResult result = ground.File.FlushAndPurge();
        bool isInFile = TourGround.Seen(ground.FilePath).AsSpan().SequenceEqual(ground.Expected);
        checks.That(result.Status == CoherencyStatus.Success && isInFile,
            $"memcpy to page {WrittenPage}, FlushAndPurge: the file has it");
    }
}
