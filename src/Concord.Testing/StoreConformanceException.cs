namespace Concord.Testing;

/// <summary>A store broke a promise. The message says which check found it and what was different.</summary>
public sealed class StoreConformanceException : Exception
{
    internal StoreConformanceException(string check, string rule)
        : base($"{check}: {rule}") => Check = check;

    internal StoreConformanceException(string check, Exception error)
        : base($"{check}: the store threw {error.GetType().Name}: {error.Message}", error) => Check = check;

    /// <summary>The name of the check, one of <see cref="StoreConformance.CheckNames"/>.</summary>
    public string Check { get; }
}
