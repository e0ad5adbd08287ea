namespace Concord.Caching;

/// <summary>The writes of one file that are admitted. Owned by the gate of <see cref="WriteAdmission"/>.</summary>
internal sealed class AdmittedWrites
{
    /// <summary>How many pages they are about to make dirty.</summary>
    internal long Pages { get; set; }

    /// <summary>Changes with every begin and every end.</summary>
    internal long Number { get; set; }

    /// <summary>Whether another write waits for the next end.</summary>
    internal bool IsAwaited { get; set; }
}
