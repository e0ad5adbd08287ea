using Concord.Cli.Files;

namespace Concord.Cli.Actions;

/// <summary>What a command does to each file.</summary>
internal abstract class FileAction
{
    /// <summary>
    /// Bytes treated between two checks for Ctrl-C: enough to keep the disk busy, and few enough to stop within a
    /// second on an ordinary one.
    /// </summary>
    internal const long PieceBytes = 256L << 20;

    /// <summary>The command's name.</summary>
    internal abstract string Name { get; }

    /// <summary>The action as a past participle.</summary>
    internal abstract string Past { get; }

    /// <summary>How many files are treated together at most.</summary>
    internal virtual int FilesMax => 1;

    /// <summary>Treats files together; here one after the other.</summary>
    internal virtual IEnumerable<Treated> Apply(
        IReadOnlyList<WalkedFile> files, Tally tally, CancellationToken interrupted) =>
        files.Select(file => Try(file, tally, interrupted));

    /// <summary>Treats one file; what fails is in the result.</summary>
    private protected Treated Try(WalkedFile file, Tally tally, CancellationToken interrupted)
    {
        try
        {
            return new Treated(file, Apply(file, tally, interrupted), Error: null);
        }
        catch (Exception error)
        {
            return new Treated(file, Outcome: null, error);
        }
    }

    /// <summary>Treats one file, piece by piece.</summary>
    /// <exception cref="OperationCanceledException">
    /// Ctrl-C: the pieces before are done, and nothing unwritten was dropped.
    /// </exception>
    internal abstract FileOutcome Apply(WalkedFile file, Tally tally, CancellationToken interrupted);

    /// <summary>The pieces of a range of a file, the last one cut to its length.</summary>
    private protected static IEnumerable<ByteRange> Pieces(
        ByteRange range, long pieceBytes, CancellationToken interrupted)
    {
        for (long offset = range.Offset; offset < range.End; offset += pieceBytes)
        {
            interrupted.ThrowIfCancellationRequested();
            yield return new ByteRange(offset, Math.Min(pieceBytes, range.End - offset));
        }
    }
}
