namespace Concord.Testing;

/// <summary>Ends a check that found a broken promise.</summary>
internal sealed class BrokenPromiseException(string rule) : Exception(rule);
