using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>Nothing is left for later in the code: no note, no stub, no test that is switched off.</summary>
internal static partial class UnfinishedRule
{
    public static IEnumerable<Finding> Check(HouseFile file)
    {
        var notes = file.Root.DescendantTrivia().Where(trivia => Note().IsMatch(trivia.ToString()))
            .Select(trivia => file.At(
                trivia.GetLocation(), $"'{Note().Match(trivia.ToString()).Value}' is left for later"));
        var stubs = file.Root.DescendantNodes().OfType<ObjectCreationExpressionSyntax>()
            .Where(creation => Names.Last(creation.Type) == nameof(NotImplementedException))
            .Select(creation => file.At(creation, "a stub"));
        var skips = file.Root.DescendantNodes().OfType<AttributeArgumentSyntax>()
            .Where(argument => argument.NameEquals?.Name.Identifier.Text == "Skip")
            .Select(argument => file.At(argument, "a test that is always skipped; skip at run time, with the reason"));
        return [.. notes, .. stubs, .. skips];
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Note();
}
