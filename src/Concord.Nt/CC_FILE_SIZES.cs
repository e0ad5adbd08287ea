namespace Concord.Nt;

/// <summary>
/// The three sizes of a stream: 0 ≤ valid data length ≤ file size ≤ allocation size. (NT: CC_FILE_SIZES.)
/// </summary>
public struct CC_FILE_SIZES
{
    /// <summary>
    /// Bytes that the store has room for: mappings and pins reach as far, and read zeros behind the file's end.
    /// </summary>
    public LARGE_INTEGER AllocationSize;

    /// <summary>Bytes that the stream has.</summary>
    public LARGE_INTEGER FileSize;

    /// <summary>
    /// Bytes, from the first on, that were ever written; those behind them read as zeros without I/O. 2^63 - 1 stands
    /// for all of them, for a file system that does not keep this length.
    /// </summary>
    public LARGE_INTEGER ValidDataLength;

    /// <summary>The rule that these sizes break, or null.</summary>
    internal readonly string? FindBroken() =>
        ValidDataLength.QuadPart < 0 || FileSize.QuadPart < 0 ? "no size may be negative"
        : ValidDataLength.QuadPart != long.MaxValue && ValidDataLength.QuadPart > FileSize.QuadPart
            ? $"ValidDataLength {ValidDataLength.QuadPart} must not exceed FileSize {FileSize.QuadPart}"
        : FileSize.QuadPart > AllocationSize.QuadPart
            ? $"FileSize {FileSize.QuadPart} must not exceed AllocationSize {AllocationSize.QuadPart}"
        : null;
}
