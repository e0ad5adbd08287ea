using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>
/// Each method of an extent that changes a mask ends where all that the masks must agree on is checked. Nobody else can
/// change one, but the dirty mask, whose place is in the leaf: others only read that.
/// </summary>
internal static class MaskRule
{
    private const string Type = "Extent", SharedMask = "Dirty";

    // The last one ends in the first.
    private static readonly string[] Ends = ["ChangedLocked", "CheckLocked", "AppearedLocked"];

    public static IEnumerable<Finding> Check(IEnumerable<HouseFile> files)
    {
        HouseFile[] library = [.. files.Where(static file => file.IsCSharp && file.IsIn("src/Concord"))];
        var members = library.SelectMany(static file => file.Root.DescendantNodes().OfType<ClassDeclarationSyntax>()
            .Where(static type => type.Identifier.Text == Type)
            .SelectMany(type => type.Members.Select(member => (File: file, Member: member)))).ToArray();
        var changing = members.Select(static one => one.Member).OfType<PropertyDeclarationSyntax>().Where(IsMask)
            .Select(static mask => mask.Identifier.Text).ToHashSet();
        var methods = members.Where(static one => one.Member is MethodDeclarationSyntax)
            .Select(static one => (one.File, Method: (MethodDeclarationSyntax)one.Member))
            .Where(static one => !Ends.Contains(one.Method.Identifier.Text)).ToArray();

        // A private method may leave the check to who calls it: then the call is a change.
        var helpers = methods.Where(one => one.Method.Modifiers.Any(SyntaxKind.PrivateKeyword) && !Ending(one.Method))
            .Where(one => LastChange(one.Method, changing) >= 0).Select(static one => one.Method).ToArray();
        changing.UnionWith(helpers.Select(static helper => helper.Identifier.Text));
        foreach (var (file, method) in methods)
        {
            int change = helpers.Contains(method) ? -1 : LastChange(method, changing);
            if (change >= 0 && LastCall(method) < change)
                yield return file.At(method.Identifier, $"changes masks and ends in none of {string.Join(", ", Ends)}");
        }

        foreach (var file in library)
        {
            foreach (var use in file.Root.DescendantNodes().OfType<InvocationExpressionSyntax>().Where(IsWriteOutside))
                yield return file.At(use, "only an extent changes which of its pages are dirty");
        }
    }

    private static bool IsMask(PropertyDeclarationSyntax property) =>
        property.Type.ToString() == "ulong" && property.AccessorList?.Accessors.Any(static accessor =>
            accessor.IsKind(SyntaxKind.SetAccessorDeclaration)) == true;

    private static bool Ending(SyntaxNode method) => LastCall(method) >= 0;

    private static int LastCall(SyntaxNode method) => Last(method.DescendantNodes()
        .OfType<InvocationExpressionSyntax>().Where(static call => Ends.Contains(call.Expression.ToString())));

    private static int LastChange(SyntaxNode method, HashSet<string> changing) => Last(method.DescendantNodes()
        .Where(node => node switch
        {
            AssignmentExpressionSyntax assignment => changing.Contains(assignment.Left.ToString()),
            InvocationExpressionSyntax call => changing.Contains(call.Expression.ToString()),
            _ => false,
        }));

    private static int Last(IEnumerable<SyntaxNode> nodes) =>
        nodes.Select(static node => node.SpanStart).DefaultIfEmpty(-1).Max();

    private static bool IsWriteOutside(InvocationExpressionSyntax use) =>
        use.Expression is MemberAccessExpressionSyntax { Name.Identifier.Text: SharedMask }
        && use.Ancestors().OfType<TypeDeclarationSyntax>().All(static type => type.Identifier.Text != Type)
        && use.Ancestors().OfType<InvocationExpressionSyntax>().FirstOrDefault()?.Expression.ToString()
            != "Volatile.Read";
}
