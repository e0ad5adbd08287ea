namespace Concord.Cli.Actions;

/// <summary>Writes files back; with a purge also drops their pages. The coherent flush and purge.</summary>
internal sealed class FlushAction : FileAction
{
    private readonly bool _purges;
    private readonly CoherencyOptions _options;
    private readonly ByteRange? _range;

    private FlushAction(bool purges, CoherencyOptions options, ByteRange? range)
    {
        _purges = purges;
        _options = options;
        _range = range;
    }

    internal override string Name => _purges ? "purge" : "flush";

    internal override string Past => _purges ? "purged" : "flushed";

    internal static FlushAction Flush() => new(purges: false, CoherencyOptions.None, range: null);

    /// <param name="range">The bytes of each file; the whole of it when null.</param>
    /// <param name="trim">Whether to take the pages out of the processes that map them.</param>
    internal static FlushAction Purge(ByteRange? range, bool trim) =>
        new(purges: true, trim ? CoherencyOptions.None : CoherencyOptions.ViewsNotSeen, range);

    internal override FileOutcome Apply(string path, Tally tally, CancellationToken interrupted)
    {
        using SystemFile file = SystemFile.Open(path);
        long length = file.Length;
        ByteRange range = _range ?? new ByteRange(0, long.MaxValue);
        CoherencyOptions options = _purges ? _options : _options | CoherencyOptions.NoPurge;
        var sum = new OutcomeSum();

        // Flush the file as a whole, and not in pieces: that costs one barrier, needs no right to write, and its time
        // grows with the resident pages. Ctrl-C acts between the steps, and while much is written.
        sum.Add(_range is null && length <= PieceBytes
            ? file.FlushAndPurge(options)
            : file.FlushAndPurgeAsync(range, options, interrupted).AsTask().GetAwaiter().GetResult());
        tally.CountBytes(range.Intersect(new ByteRange(0, length)).Length);
        return sum.ToOutcome(path, length);
    }
}
