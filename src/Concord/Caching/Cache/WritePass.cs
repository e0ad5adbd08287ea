namespace Concord.Caching;

/// <summary>What a write has done for room, so that <see cref="WriteAdmission"/> may admit it.</summary>
internal readonly record struct WritePass
{
    /// <summary>
    /// Whether no limit applies: a store makes the call, and the write of the file above has waited for both.
    /// </summary>
    internal bool IsUnlimited { get; init; }

    /// <summary>Whether the file was cleaned for the write, and had nothing more to write.</summary>
    internal bool HasCleaned { get; init; }

    /// <summary>Whether the write has waited in vain for other writes of the file to end.</summary>
    internal bool HasWaited { get; init; }

    /// <summary>The number of the file's writes before it was cleaned.</summary>
    internal long Number { get; init; }
}
