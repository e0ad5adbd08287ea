namespace Concord.Stores;

/// <summary>Who holds descriptors and memory of files that nobody is using just now.</summary>
internal interface ISpareHolder
{
    /// <summary>
    /// Gives some of it up, as far as nobody has to be waited for who may wait for the caller. Blocks.
    /// </summary>
    /// <returns>Whether anything was given up.</returns>
    bool TryGiveUpSome();
}
