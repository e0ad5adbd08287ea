namespace Concord.Caching;

/// <summary>A handle that could not be closed, as the cache keeps it.</summary>
internal interface IFailed
{
    /// <summary>
    /// Leaves the list if it is a handle of this file, and the file is written and durable by now and has other
    /// handles.
    /// </summary>
    /// <param name="file">The state of a file.</param>
    void HealIfWritten(object file);
}
