using Concord.Tests.Variants;

namespace Concord.Tests.Mutation;

/// <summary>A fault that a seed drew from the places where one can be made; it is found again by its name.</summary>
internal sealed record DrawnMutant : Mutant
{
    internal required string Path { get; init; }

    internal required int Start { get; init; }

    internal required int Length { get; init; }

    internal required string Replacement { get; init; }

    internal override IReadOnlyDictionary<string, string> Apply(LibrarySources sources)
    {
        var place = MutantLottery.Places(Path, sources.Trees[Path]).First(place => place.Name == Name);
        string text = sources.Texts[Path];
        string changed = string.Concat(text.AsSpan(0, place.Start), Replacement,
            text.AsSpan(place.Start + place.Length));
        return new Dictionary<string, string> { [Path] = changed };
    }
}
