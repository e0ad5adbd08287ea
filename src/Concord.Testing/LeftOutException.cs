namespace Concord.Testing;

/// <summary>Ends a check that does not apply, or whose rest does not.</summary>
internal sealed class LeftOutException(string what, bool isWhole) : Exception(what)
{
    /// <summary>Whether the check has tried nothing.</summary>
    internal bool IsWhole => isWhole;
}
