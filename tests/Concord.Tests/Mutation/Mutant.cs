using Concord.Tests.Variants;

namespace Concord.Tests.Mutation;

/// <summary>
/// A small, plausible fault of the library that loses or shows wrong bytes, or keeps somebody waiting for ever.
/// </summary>
internal abstract record Mutant
{
    /// <summary>Its name; unique.</summary>
    internal required string Name { get; init; }

    /// <summary>What kind of thing it breaks, in one word: masks, epochs, lengths, ledger, waits …</summary>
    internal required string Kind { get; init; }

    /// <summary>What is wrong with it, as a sentence.</summary>
    internal required string What { get; init; }

    /// <summary>The project whose assembly it is put into.</summary>
    internal virtual string Project => LibrarySources.Library;

    /// <summary>The type that it changes.</summary>
    internal required string Type { get; init; }

    /// <summary>The member that it changes, or null where only the type is known.</summary>
    internal string? Member { get; init; }

    /// <summary>
    /// The beginning of the row of <c>docs/internals/bugs.md</c> whose mending it takes away, or null.
    /// </summary>
    internal string? Row { get; init; }

    /// <summary>The test, or a part of its name, that is to notice it: it is asked first. Null where any may.</summary>
    internal string? Test { get; init; }

    /// <summary>The changed file.</summary>
    /// <exception cref="VariantException">The source is no longer as it was when the mutant was written.</exception>
    internal abstract IReadOnlyDictionary<string, string> Apply(LibrarySources sources);
}
