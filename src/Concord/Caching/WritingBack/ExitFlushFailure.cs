using Concord.Interop;
namespace Concord;

/// <summary>A file with bytes that were not written before the process ended.</summary>
/// <param name="Name">What messages call the file.</param>
/// <param name="BytesLost">
/// How many bytes the store has not accepted: those of whole pages, within the file's length.
/// </param>
/// <param name="Error">
/// Why: the store's error, or a <see cref="TimeoutException"/> where it did not answer within
/// <see cref="FileCacheOptions.ExitFlushTimeout"/>.
/// </param>
public sealed record ExitFlushFailure(string Name, long BytesLost, Exception Error)
{
    /// <summary>The failure as one sentence. Does not block.</summary>
    public override string ToString() =>
        $"{BytesLost} bytes of {ShownText.Of(Name)} were not written before the process ended: {ShownText.Of(Error)}";
}
