using Concord.Cli.Text;

namespace Concord.Cli.Actions;

/// <summary>Loads files into the cache, and counts afterwards what is there.</summary>
internal sealed class LoadAction : FileAction
{
    internal override string Name => "load";

    internal override string Past => "loaded";

    internal override FileOutcome Apply(string path, Tally tally, CancellationToken interrupted)
    {
        using SystemFile file = SystemFile.Open(path);
        CacheResidency before = file.Query(ResidencyDetail.Counts);
        long length = before.Range.Length, missing = 0;
        try
        {
            foreach (ByteRange piece in Pieces(new ByteRange(0, length), interrupted))
            {
                missing += file.Load(piece, interrupted);
                tally.CountBytes(piece.Length);
            }
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            // The caller handles the request; the bytes loaded until then are counted below.
        }

        CacheResidency after = file.Query(ResidencyDetail.Counts);
        long loaded = after.Resident - before.Resident is { } came ? Math.Max(0, came) * after.PageSize : missing;
        string? unknown =
            file.OpeningDropsPages ? "opening a file of this file system may drop what was loaded"
            : after.Resident is null ? file.WhyUnknown
            : null;
        long? resident = unknown is null ? after.Resident : null;
        return new LoadOutcome(PathText.InDocument(path), length, Math.Min(loaded, length), after.Pages, resident)
        {
            PathBytes = PathText.BytesInDocument(path),
            Unknown = unknown,
        };
    }
}
