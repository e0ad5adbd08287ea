namespace Concord.Testing;

/// <summary>
/// The forms in which one run of a check calls its stores: a cache changes a store in one form and reads it in the
/// other, as its callers do.
/// </summary>
/// <param name="ChangesAsync">Whether writes, lengths and barriers are asynchronous.</param>
/// <param name="AsksAsync">Whether reads and queries are asynchronous.</param>
internal readonly record struct CallForms(bool ChangesAsync, bool AsksAsync)
{
    internal static IReadOnlyList<CallForms> All { get; } =
        [new(false, false), new(true, true), new(true, false), new(false, true)];

    public override string ToString() => (ChangesAsync, AsksAsync) switch
    {
        (false, false) => "synchronous calls",
        (true, true) => "asynchronous calls",
        (true, false) => "asynchronous changes, synchronous reads",
        (false, true) => "synchronous changes, asynchronous reads",
    };
}
