using System.Globalization;
using Concord.Cli.Commands;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Tour;

/// <summary>
/// The steps of the tour. Each works on real bytes and checks what the cache promises.
/// </summary>
internal static class TourSteps
{
    /// <summary>The page that is changed behind the cache's back, and the one that is leased.</summary>
    private const int ChangedPage = 17, LeasedPage = 42;

    /// <summary>The number of flushed records after which the writer is killed.</summary>
    private const int RecordsMin = 40;

    private static readonly TimeSpan ChildMax = TimeSpan.FromSeconds(30);

    internal static IReadOnlyList<(string Name, string Title, Action<TourGround, Checks> Walk)> All { get; } =
    [
        ("cache", "A file is read through the cache, and is then in memory", Fill),
        ("stale", "Somebody changes it behind the cache's back", ChangeBehind),
        ("purge", "FlushAndPurge, and every way to the file agrees", Purge),
        ("lease", "A page that somebody holds is named, not dropped", Lease),
        ("view", "Native code has the file mapped: its view changes before its eyes", ViewStep.Walk),
        ("failure", "A disk that refuses writes loses nothing", Fail),
        ("kill", "A process is killed while it writes; what it flushed is there", Kill),
    ];

    private static void Fill(TourGround ground, Checks checks)
    {
        checks.That(ground.Cached().AsSpan().SequenceEqual(ground.Expected),
            $"{SizeText.Format(TourGround.Bytes)} read are the file's");
        checks.That(ground.Cache.ResidentBytes == TourGround.Bytes,
            $"{SizeText.Format(ground.Cache.ResidentBytes)} are in the cache");
        checks.That(ground.File.TryRead(0, new byte[TourGround.Bytes], out _),
            "read again, they come from memory alone");
    }

    private static void ChangeBehind(TourGround ground, Checks checks)
    {
        const int Offset = ChangedPage * TourGround.PageBytes;
        byte[] before = ground.Expected[Offset..(Offset + TourGround.PageBytes)];
        ground.ChangeBehind(ChangedPage);
        byte[] cached = new byte[TourGround.PageBytes];
        ground.File.Read(Offset, cached);
        checks.That(cached.AsSpan().SequenceEqual(before),
            $"a cached read of page {ChangedPage} is stale, as every cache's would be");
        checks.That(TourGround.Seen(ground.FilePath).AsSpan().SequenceEqual(ground.Expected),
            "the file itself has the new bytes");
    }

    private static void Purge(TourGround ground, Checks checks)
    {
        CoherencyResult result = ground.File.FlushAndPurge();
        checks.That(result is { Status: CoherencyStatus.Success, Left.Count: 0 },
            $"status {result.Status}, {CountText.Of(result.PagesPurged ?? 0, "page")} dropped, nothing left");
        checks.That(result.PagesPurged == TourGround.Pages, "that is every page");
        checks.That(ground.Cached().AsSpan().SequenceEqual(ground.Expected), "a cached read shows the new bytes");
        checks.That(ground.Uncached().AsSpan().SequenceEqual(ground.Expected), "so does an uncached one");
        using PageLease lease = ground.File.Lease(new ByteRange(0, TourGround.Bytes));
        checks.That(lease.Span.SequenceEqual(ground.Expected), "so does memory in place");
        checks.That(TourGround.Seen(ground.FilePath).AsSpan().SequenceEqual(ground.Expected),
            "so does the file, for any other program");
    }

    private static void Lease(TourGround ground, Checks checks)
    {
        var page = new ByteRange(LeasedPage * TourGround.PageBytes, TourGround.PageBytes);
        using (PageLease lease = ground.File.Lease(page, LeaseAccess.Write))
        {
            lease.WritableSpan.Fill(7);
            ground.Expected.AsSpan((int)page.Offset, TourGround.PageBytes).Fill(7);
            CoherencyResult result = ground.File.FlushAndPurge();
            string left = string.Join(", ", result.Left.Select(
                static range => $"page {range.Range.Offset / TourGround.PageBytes}: {range.Reason}"));
            checks.That(result.Status == CoherencyStatus.CachePageLocked, $"status {result.Status}; left: {left}");
            checks.That(result.Left is [{ Reason: LeftReason.Lease } only] && only.Range == page,
                "exactly the leased page stayed");
            checks.That(result.PagesPurged == TourGround.Pages - 1,
                $"the other {CountText.Of(result.PagesPurged ?? 0, "page")} were dropped");
            checks.That(TourGround.Seen(ground.FilePath).AsSpan().SequenceEqual(ground.Expected),
                "what the holder wrote is in the file all the same");
        }

        checks.That(ground.File.FlushAndPurge().IsComplete, "when the lease has ended, nothing stays");
    }

    private static void Fail(TourGround ground, Checks checks)
    {
        // Write into the cache, and let the store refuse the flush.
        string path = ground.Folder["refused"];
        byte[] bytes = ground.Expected[..(16 * TourGround.PageBytes)];
        var store = new StubbornStore(LocalFileStore.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite));
        using CachedFile file = ground.Cache.Open(store);
        file.Write(0, bytes);
        store.Refuses = true;
        string? said = null;
        try
        {
            file.FlushAndPurge();
        }
        catch (WriteBackException error)
        {
            said = error.InnerException?.Message;
        }
        finally
        {
            store.Refuses = false;
        }

        // The flush must report the error, and keep every byte.
        checks.That(said == StubbornStore.Refusal, $"the flush failed, and said so: {said}");
        checks.That(TourGround.Seen(path).Length == 0, "nothing is in the file");
        var kept = new byte[bytes.Length];
        file.Read(0, kept);
        checks.That(kept.AsSpan().SequenceEqual(bytes),
            $"all {SizeText.Format(ground.Cache.DirtyBytes)} are still dirty, and readable");

        // The store accepts writes again: the next flush must succeed.
        checks.That(file.FlushAndPurge().IsComplete, "with room on the disk the next flush is good");
        checks.That(TourGround.Seen(path).AsSpan().SequenceEqual(bytes), "and every byte is in the file");
    }

    private static void Kill(TourGround ground, Checks checks)
    {
        string path = ground.Folder["killed"];
        int flushed = 0;
        using (var child = SelfProcess.Start(TourWriterCommand.Name, path))
        {
            try
            {
                // Do not wait for ever for a writer that writes no line.
                using var limit = new CancellationTokenSource(ChildMax);
                while (flushed < RecordsMin && child.StandardOutput.ReadLineAsync(limit.Token).AsTask().GetAwaiter()
                    .GetResult() is { } line)
                {
                    flushed = int.Parse(line, CultureInfo.InvariantCulture);
                }
            }
            catch (OperationCanceledException)
            {
                checks.That(false, $"the writer flushes {CountText.Of(RecordsMin, "record")} in "
                    + $"{CountText.Seconds(ChildMax.TotalSeconds)}");
            }
            finally
            {
                child.Kill();
            }

            while (child.StandardOutput.ReadLine() is { } line)
            {
                // The last line may be cut off by the kill; then its number is too small, which is safe.
                if (int.TryParse(line, CultureInfo.InvariantCulture, out int last)) flushed = Math.Max(flushed, last);
            }

            child.WaitForExit();
        }

        checks.That(flushed >= RecordsMin,
            $"it said of {CountText.Of(flushed, "record")} that they were flushed, and was killed");
        byte[] content = TourGround.Seen(path);
        int found = 0;
        var record = new byte[TourWriter.RecordBytes];
        for (int number = 1; number <= flushed && number * TourWriter.RecordBytes <= content.Length; number++)
        {
            TourWriter.Fill(record, number);
            if (content.AsSpan((number - 1) * TourWriter.RecordBytes, TourWriter.RecordBytes).SequenceEqual(record))
                found++;
        }

        checks.That(found == flushed,
            $"{CountText.Of(found, "record")} of {CountText.Format(flushed)} are in the file, byte for byte");
    }

    /// <summary>The checks of a step.</summary>
    internal sealed class Checks
    {
        private readonly List<TourCheck> _found = [];

        internal IReadOnlyList<TourCheck> Found => _found;

        /// <summary>Why the step cannot run here, or null.</summary>
        internal string? Skipped { get; private set; }

        internal void That(bool holds, string text) => _found.Add(new TourCheck(text, holds));

        internal void Skip(string reason) => Skipped = reason;
    }
}
