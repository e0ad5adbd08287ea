namespace Concord.Caching;

/// <summary>How far a write has come when its call returns.</summary>
internal enum WriteReach
{
    /// <summary>Into the cache.</summary>
    Memory = 0,

    /// <summary>The store has accepted it.</summary>
    Store,

    /// <summary>A good barrier covers it.</summary>
    Durable,
}
