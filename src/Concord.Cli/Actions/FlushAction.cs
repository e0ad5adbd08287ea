using Concord.Cli.Files;
using Concord.Cli.Interop;
using Concord.SystemCache;

namespace Concord.Cli.Actions;

/// <summary>Writes files back; with a purge also drops their pages. The coherent flush and purge.</summary>
internal sealed class FlushAction : FileAction
{
    /// <summary>One where the file is, one to read it, and one that a range would need to write.</summary>
    private const int DescriptorsPerFile = 3;

    private readonly bool _purges;
    private readonly CoherencyOptions _options;
    private readonly ByteRange? _range;
    private readonly bool _isConfined;

    private FlushAction(bool purges, CoherencyOptions options, ByteRange? range, bool isConfined)
    {
        _purges = purges;
        _options = purges ? options : options | CoherencyOptions.NoPurge;
        _range = range;
        _isConfined = isConfined;
    }

    /// <summary>Whole files are treated together, as many as may be open.</summary>
    internal override int FilesMax => _range is null ? HostLimits.OpenFilesMax / DescriptorsPerFile : 1;

    internal override string Name => _purges ? "purge" : "flush";

    internal override string Past => _purges ? "purged" : "flushed";

    /// <param name="range">The bytes of each file; the whole of it when null.</param>
    /// <param name="isConfined">Whether each file gets a barrier of its own.</param>
    internal static FlushAction Flush(ByteRange? range, bool isConfined) =>
        new(purges: false, CoherencyOptions.None, range, isConfined);

    /// <param name="range">The bytes of each file; the whole of it when null.</param>
    /// <param name="trim">Whether to take the pages out of the processes that map them.</param>
    /// <param name="isConfined">Whether each file gets a barrier of its own.</param>
    internal static FlushAction Purge(ByteRange? range, bool trim, bool isConfined) =>
        new(purges: true, trim ? CoherencyOptions.None : CoherencyOptions.ViewsNotSeen, range, isConfined);

    internal override IEnumerable<Treated> Apply(
        IReadOnlyList<WalkedFile> files, Tally tally, CancellationToken interrupted)
    {
        if (files.Count <= 1) return base.Apply(files, tally, interrupted);
        var open = new OpenFile[files.Count];
        BlockingCall.ForEach(
            open.Length, Environment.ProcessorCount, at => open[at] = OpenFile.Open(files[at]), CancellationToken.None);
        try
        {
            BatchPurge.Run(
                [.. open.Where(static file => file.Batched is not null).Select(static file => file.Batched!)],
                _options, _isConfined, interrupted);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            // Files that were not finished say so below.
        }
        finally
        {
            foreach (var file in open) file.Dispose();
        }

        return open.Select(file => file.ToTreated(tally));
    }

    internal override FileOutcome Apply(WalkedFile walked, Tally tally, CancellationToken interrupted)
    {
        using SystemFile file = walked.Open();
        long length = file.Length;
        ByteRange range = _range ?? new ByteRange(0, long.MaxValue);
        var sum = new OutcomeSum();

        // Flush the file as a whole, and not in pieces: that costs one barrier, needs no right to write, and its time
        // grows with the resident pages. Ctrl-C acts between the steps, and while much is written.
        sum.Add(_range is null && length <= PieceBytes
            ? file.FlushAndPurge(_options)
            : file.FlushAndPurgeAsync(range, _options, interrupted).AsTask().GetAwaiter().GetResult());
        tally.CountBytes(range.Intersect(new ByteRange(0, length)).Length);
        return sum.ToOutcome(walked.Path, length, _range);
    }

    /// <summary>One of the files that are treated together, or why it could not be opened.</summary>
    private sealed class OpenFile(WalkedFile file) : IDisposable
    {
        private SystemFile? _file;
        private Exception? _error;

        internal BatchedFile? Batched { get; private set; }

        internal static OpenFile Open(WalkedFile walked)
        {
            var open = new OpenFile(walked);
            try
            {
                open._file = walked.Open();
                open.Batched = open._file.InBatch();
            }
            catch (Exception error)
            {
                open._error = error;
            }

            return open;
        }

        internal Treated ToTreated(Tally tally)
        {
            if ((_error ?? Batched!.Error) is { } error) return new Treated(file, Outcome: null, error);
            if (Batched!.Result is not { } result) return new Treated(file, null, new OperationCanceledException());
            var sum = new OutcomeSum();
            sum.Add(result);
            tally.CountBytes(Batched.Length);
            return new Treated(file, sum.ToOutcome(file.Path, Batched.Length), Error: null);
        }

        public void Dispose() => _file?.Dispose();
    }
}
