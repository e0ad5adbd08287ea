namespace Concord.Stores;

/// <summary>A holder of descriptors and memory of idle files.</summary>
internal interface ISpareHolder
{
    /// <summary>
    /// Gives some of them up, without waiting for a call that may wait for the caller. Blocks.
    /// </summary>
    /// <returns>Whether anything was given up.</returns>
    bool TryGiveUpSome();
}
