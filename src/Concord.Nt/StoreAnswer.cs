namespace Concord.Nt;

/// <summary>How a call of a <see cref="CONCORD_STORE"/> ended.</summary>
/// <param name="Status">What it answered.</param>
/// <param name="Information">How many bytes it says that it has read or written.</param>
internal readonly record struct StoreAnswer(NTSTATUS Status, nuint Information);
