using Concord.Cli.Text;

namespace Concord.Cli.Actions;

/// <summary>The results of a file's pieces as one.</summary>
internal sealed class OutcomeSum
{
    private readonly List<LeftPages> _left = [];
    private CoherencyStatus _status;
    private long _bytesInStore;
    private long? _bytesWritten = 0;
    private long? _pagesPurged = 0;

    internal void Add(CoherencyResult result)
    {
        _status = Worse(_status, result.Status);
        _bytesInStore += result.BytesInStore;
        _bytesWritten += result.BytesWritten;
        _pagesPurged += result.PagesPurged;
        for (int i = 0; i < result.Left.Count; i++) AddLeft(LeftPages.From(result.Left[i]));
    }

    /// <param name="path">The file's path.</param>
    /// <param name="size">Its length.</param>
    /// <param name="range">The bytes that were asked for; null for the whole file.</param>
    internal FlushOutcome ToOutcome(string path, long size, ByteRange? range = null)
    {
        var asked = AskedRange.Of(range, size);
        string status = Names.CamelCase(_status.ToString()), shown = PathText.InDocument(path);
        return new(shown, size, status, _bytesInStore, _bytesWritten, _pagesPurged, _left)
        {
            PathBytes = PathText.BytesInDocument(path),
            Range = asked,
            BytesAsked = asked?.Length,
        };
    }

    /// <summary>The worse of two statuses: pages known to have stayed count more than unknown ones.</summary>
    private static CoherencyStatus Worse(CoherencyStatus a, CoherencyStatus b) => (a, b) switch
    {
        (CoherencyStatus.CachePageLocked, _) or (_, CoherencyStatus.CachePageLocked) => CoherencyStatus.CachePageLocked,
        (CoherencyStatus.Unknown, _) or (_, CoherencyStatus.Unknown) => CoherencyStatus.Unknown,
        _ => CoherencyStatus.Success,
    };

    /// <summary>Adds pages that stayed; joins those of one holder across the end of a piece.</summary>
    private void AddLeft(LeftPages left)
    {
        if (_left is [.., var last]
            && last.Offset + last.Length == left.Offset && last.Reason == left.Reason && last.Holder == left.Holder)
        {
            _left[^1] = last with { Length = last.Length + left.Length, Pages = last.Pages + left.Pages };
        }
        else
        {
            _left.Add(left);
        }
    }
}
