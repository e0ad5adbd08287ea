using Concord.Cli.Files;
using Concord.Cli.Interop;
using Concord.Cli.Text;
using Concord.SystemCache;

namespace Concord.Cli.Actions;

/// <summary>Loads files into the cache, several at a time, and counts afterwards what is there.</summary>
/// <param name="range">The bytes of each file; the whole of it when null.</param>
/// <param name="filesAtATime">How many files are read side by side.</param>
/// <param name="pace">How fast they are read together; null for as fast as the disk can.</param>
internal sealed class LoadAction(ByteRange? range = null, int filesAtATime = 1, Pace? pace = null) : FileAction
{
    /// <summary>Files that a batch has for each that is read at a time, so that few wait for its end.</summary>
    private const int FilesPerReader = 64;

    /// <summary>One where the file is, and one to read it.</summary>
    private const int DescriptorsPerFile = 2;

    internal override string Name => "load";

    internal override string Past => "loaded";

    internal override int FilesMax => filesAtATime == 1
        ? 1
        : Math.Min(filesAtATime * FilesPerReader, HostLimits.OpenFilesMax / DescriptorsPerFile);

    internal override IEnumerable<Treated> Apply(
        IReadOnlyList<WalkedFile> files, Tally tally, CancellationToken interrupted)
    {
        if (files.Count <= 1 || filesAtATime == 1) return base.Apply(files, tally, interrupted);

        // A file whose turn does not come before a request to end is told as one that was stopped.
        var treated = new Treated[files.Count];
        BlockingCall.ForEach(
            files.Count,
            filesAtATime,
            at => treated[at] = interrupted.IsCancellationRequested
                ? new Treated(files[at], Outcome: null, new OperationCanceledException())
                : Try(files[at], tally, interrupted),
            CancellationToken.None);
        return treated;
    }

    internal override FileOutcome Apply(WalkedFile walked, Tally tally, CancellationToken interrupted)
    {
        string path = walked.Path;
        using SystemFile file = walked.Open();
        long length = file.Length, missing = 0;
        ByteRange[] asked = Asked(walked.Ranges, length);
        Counts before = Count(file, asked);
        try
        {
            foreach (ByteRange part in asked) missing += Load(file, part, tally, interrupted);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            // The caller handles the request; the bytes loaded until then are counted below.
        }

        Counts after = Count(file, asked);
        long loaded = after.Resident - before.Resident is { } came
            ? Math.Max(0, came) * Environment.SystemPageSize
            : missing;
        string? unknown =
            file.OpeningDropsPages ? "opening a file of this file system may drop what was loaded"
            : after.Resident is null ? file.WhyUnknown
            : null;
        long? resident = unknown is null ? after.Resident : null;
        return new LoadOutcome(PathText.InDocument(path), length, Math.Min(loaded, length), after.Pages, resident)
        {
            PathBytes = PathText.BytesInDocument(path),
            Unknown = unknown,
            Range = AskedRange.Of(range, length),
            BytesAsked = range is null && walked.Ranges is null ? null : asked.Sum(static part => part.Length),
        };
    }

    /// <summary>The parts of a file to load: those of a snapshot, or the whole, within the range.</summary>
    private ByteRange[] Asked(IReadOnlyList<ByteRange>? ranges, long length)
    {
        ByteRange limits = new ByteRange(0, length).Intersect(range ?? new ByteRange(0, long.MaxValue));
        return ranges is null
            ? [limits]
            : [.. ranges.Select(part => part.Intersect(limits)).Where(static part => !part.IsEmpty)];
    }

    private long Load(SystemFile file, ByteRange part, Tally tally, CancellationToken interrupted)
    {
        long missing = 0;
        foreach (ByteRange piece in Pieces(part, pace?.PieceBytes ?? PieceBytes, interrupted))
        {
            long read = file.Load(piece, interrupted);
            tally.CountBytes(piece.Length);
            missing += read;
            pace?.Wait(read, interrupted);
        }

        return missing;
    }

    private static Counts Count(SystemFile file, ByteRange[] parts)
    {
        Counts sum = new(0, 0);
        foreach (ByteRange part in parts)
        {
            CacheResidency residency = file.Query(part, ResidencyDetail.Counts);
            sum = new Counts(sum.Pages + residency.Pages, sum.Resident + residency.Resident);
        }

        return sum;
    }

    private readonly record struct Counts(long Pages, long? Resident);
}
