namespace Concord;

/// <summary>
/// Pages stayed in a cache, and the caller had asked for that to be an error. Everything was written.
/// </summary>
public sealed class IncompletePurgeException : IOException
{
    /// <summary>Makes the exception for a result whose status is not <see cref="CoherencyStatus.Success"/>.</summary>
    /// <param name="result">The result of the operation.</param>
    public IncompletePurgeException(CoherencyResult result)
        : base(Describe(result)) => Result = result;

    /// <summary>What the operation did, and what stayed.</summary>
    public CoherencyResult Result { get; }

    private static string Describe(CoherencyResult result)
    {
        if (result.Left is not [var first, ..]) return $"the purge ended with status {result.Status}";
        string holder = first.Holder is null ? "" : $", held by {first.Holder}";
        string more = result.Left.Count > 1 ? $", and {result.Left.Count - 1} more ranges" : "";
        return $"pages stayed in the cache: {first.Range} ({first.Reason}{holder}){more}";
    }
}
