namespace Concord.Scheduling;

/// <summary>
/// Faults that a simulation plants in the cache to learn whether its checks would see them: each breaks one rule of
/// the engine. Real schedulers plant none.
/// </summary>
internal enum PlantedFault
{
    /// <summary>None.</summary>
    None,

    /// <summary>Readers are let in again before the store was written below them (breaks I2).</summary>
    BarLiftedEarly,
}
