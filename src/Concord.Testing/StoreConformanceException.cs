namespace Concord.Testing;

/// <summary>A store broke a promise. The message says which check found it and what was different.</summary>
public sealed class StoreConformanceException : Exception
{
    internal StoreConformanceException(string check, CallForms forms, string rule)
        : base($"{check} ({forms}): {rule}") => Check = check;

    internal StoreConformanceException(string check, CallForms forms, Exception error)
        : base($"{check} ({forms}): the store threw {error.GetType().Name}: {error.Message}", error) => Check = check;

    /// <summary>The name of the check, one of <see cref="StoreConformance.CheckNames"/>.</summary>
    public string Check { get; }
}
