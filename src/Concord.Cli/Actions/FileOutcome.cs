namespace Concord.Cli.Actions;

/// <summary>What a command did with one file.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Size">The file's length in bytes.</param>
internal abstract record FileOutcome(string Path, long Size);

/// <summary>What <c>load</c> did.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Size">The file's length in bytes.</param>
/// <param name="BytesLoaded">Bytes that were brought in.</param>
internal sealed record LoadOutcome(string Path, long Size, long BytesLoaded) : FileOutcome(Path, Size);

/// <summary>What <c>flush</c> or <c>purge</c> did. A figure that cannot be known is null.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Size">The file's length in bytes.</param>
/// <param name="Status"><c>success</c>, <c>cachePageLocked</c> or <c>unknown</c>.</param>
/// <param name="BytesInStore">Bytes known to be in the store.</param>
/// <param name="BytesWritten">Bytes that had to be written back.</param>
/// <param name="PagesPurged">Pages dropped.</param>
/// <param name="Left">The pages that stayed.</param>
internal sealed record FlushOutcome(
    string Path,
    long Size,
    string Status,
    long BytesInStore,
    long? BytesWritten,
    long? PagesPurged,
    IReadOnlyList<LeftPages> Left) : FileOutcome(Path, Size);
