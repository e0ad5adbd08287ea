namespace Concord.Cli.Actions;

/// <summary>Brings files into the cache.</summary>
internal sealed class LoadAction : FileAction
{
    internal override string Name => "load";

    internal override string Past => "loaded";

    internal override FileOutcome Apply(string path, Tally tally, CancellationToken interrupted)
    {
        using SystemFile file = SystemFile.Open(path);
        long length = file.Length;
        long loaded = 0;
        foreach (ByteRange piece in Pieces(new ByteRange(0, length), interrupted))
        {
            loaded += file.Load(piece, interrupted);
            tally.CountBytes(piece.Length);
        }

        return new LoadOutcome(path, length, loaded);
    }
}
