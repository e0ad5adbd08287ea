namespace Concord;

/// <summary>
/// A file could not be cut, because a lease or a copy holds pages beyond the new end in place. Nothing has changed.
/// </summary>
public sealed class PagesHeldException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">Which file, and what holds its pages.</param>
    public PagesHeldException(string message)
        : base(message)
    {
    }
}
