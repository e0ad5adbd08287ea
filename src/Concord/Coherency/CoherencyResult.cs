using System.Globalization;

namespace Concord;

/// <summary>What a coherent flush and purge did, and what stayed.</summary>
/// <param name="Status">Whether every copy was dropped.</param>
/// <param name="BytesInStore">Bytes of the range, clipped to the file, that are known to be in the store.</param>
/// <param name="BytesWritten">
/// Bytes that had to be written back for it, which may be more than the range holds; <see langword="null"/> when
/// the system does not say.
/// </param>
/// <param name="PagesPurged">Pages dropped; <see langword="null"/> when it cannot be known.</param>
/// <param name="Left">
/// The pages that stayed, in ascending order; empty exactly when the status is <see cref="CoherencyStatus.Success"/>.
/// </param>
/// <remarks>The same type is returned by every cache of Concord: its own, the system's, and those of mounts.</remarks>
public readonly record struct CoherencyResult(
    CoherencyStatus Status,
    long BytesInStore,
    long? BytesWritten,
    long? PagesPurged,
    IReadOnlyList<LeftRange> Left)
{
    /// <summary>
    /// Whether everything was written and every copy dropped: <see cref="CoherencyStatus.Success"/> only.
    /// </summary>
    public bool IsComplete => Status == CoherencyStatus.Success;

    /// <summary>The figures, and each range that stayed with its reason and holder, for people to read.</summary>
    public override string ToString()
    {
        string figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{Status}: {BytesInStore} bytes in the store, {Known(BytesWritten)} written, {Known(PagesPurged)} pages "
                + $"purged");
        return Left is { Count: > 0 } ? $"{figures}, left: {string.Join("; ", Left.Select(Describe))}" : figures;

        static string Known(long? figure) => figure?.ToString(CultureInfo.InvariantCulture) ?? "unknown";

        static string Describe(LeftRange left) =>
            left.Holder is { } holder ? $"{left.Range} {left.Reason} ({holder})" : $"{left.Range} {left.Reason}";
    }

    /// <summary>Returns normally when every copy was dropped, and throws otherwise.</summary>
    /// <exception cref="IncompletePurgeException">The status is not <see cref="CoherencyStatus.Success"/>.</exception>
    public void ThrowIfIncomplete()
    {
        if (!IsComplete) throw new IncompletePurgeException(this);
    }
}
