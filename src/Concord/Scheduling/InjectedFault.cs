namespace Concord.Scheduling;

/// <summary>
/// Faults that a simulation plants in the cache to learn whether its checks would see them: each breaks one rule of
/// the engine. Real schedulers plant none.
/// </summary>
internal enum InjectedFault
{
    /// <summary>None.</summary>
    None,

    /// <summary>A load that began before a purge publishes what it read (breaks I2).</summary>
    PublishStaleLoads,

    /// <summary>A page that the store accepted may be dropped before a barrier covers it (breaks I1).</summary>
    StableBeforeBarrier,

    /// <summary>A barrier counts as covering what the store accepted while it ran (breaks I1).</summary>
    BarrierCoversLater,

    /// <summary>A page is clean after its write failed (breaks I4).</summary>
    CleanAfterFailedWrite,

    /// <summary>Pages stay clean when the barrier that should have covered them failed (breaks I4).</summary>
    CleanAfterFailedBarrier,

    /// <summary>A suspended range is resumed before the store was written below it (breaks I2).</summary>
    ResumedEarly,

    /// <summary>
    /// A purge does not collect writes of views again after it took their pages away (loses writes).
    /// </summary>
    ViewsComparedOnce,

    /// <summary>A failed write is reported only to the call that made it, not to the error log.</summary>
    ErrorsForgotten,
}
