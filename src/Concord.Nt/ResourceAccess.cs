namespace Concord.Nt;

/// <summary>How a thread wants an <see cref="ERESOURCE"/>.</summary>
internal enum ResourceAccess
{
    /// <summary>Alone.</summary>
    Exclusive,

    /// <summary>Shared, behind those who want it alone, except for a thread that has it.</summary>
    Shared,

    /// <summary>Shared, before those who want it alone.</summary>
    SharedStarveExclusive,

    /// <summary>Shared, behind those who want it alone, also for a thread that shares it.</summary>
    SharedWaitForExclusive,
}
