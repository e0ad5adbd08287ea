namespace Concord;

/// <summary>Pages that stayed in a cache after a purge, and what holds them.</summary>
/// <param name="Range">The bytes of the pages, whole pages clipped to the file's length.</param>
/// <param name="Reason">Why they stayed.</param>
/// <param name="Holder">
/// What holds them and what would free them, as text (for example <c>process 4711 (postgres)</c>), or
/// <see langword="null"/> when it is not known.
/// </param>
public readonly record struct LeftRange(ByteRange Range, LeftReason Reason, string? Holder = null);
