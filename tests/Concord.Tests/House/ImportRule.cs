using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>
/// Imports stand under Interop, in a folder for each system, one a file; the other code does not ask what it runs on.
/// </summary>
internal static class ImportRule
{
    private static readonly string[] Systems = ["Linux", "Windows", "MacOs"];
    private static readonly string[] ImportAttributes = ["DllImport", "DllImportAttribute", "LibraryImport",
        "LibraryImportAttribute"];

    // Calls that reach code outside .NET without an import.
    private static readonly string[] Loaders =
        ["NativeLibrary.*", "Marshal.GetDelegateForFunctionPointer", "Marshal.GetFunctionPointerForDelegate"];

    private static readonly string[] Questions =
        ["OperatingSystem.*", "RuntimeInformation.IsOSPlatform", "RuntimeInformation.OSDescription",
            "RuntimeInformation.RuntimeIdentifier", "Environment.OSVersion"];

    public static IEnumerable<Finding> Check(HouseFile file)
    {
        string[] parts = file.Path.Split('/');
        AttributeSyntax[] imports =
        [
            .. file.Root.DescendantNodes().OfType<AttributeSyntax>()
                .Where(attribute => ImportAttributes.Contains(Names.Last(attribute.Name)))
        ];
        var reached = imports.Select(
            attribute => (Node: (Microsoft.CodeAnalysis.SyntaxNode)attribute, What: "an import"))
            .Concat(MemberUse.Find(file.Root, Loaders).Select(use => (use.Node, What: use.Name)));

        // src/<project>/Interop/<system>/<file>; tests and benchmarks need no folder for each system.
        bool isInInterop = parts is [_, _, "Interop", ..];
        bool isInSystem = file.IsProduct
            ? parts is [_, _, "Interop", var system, _, ..] && Systems.Contains(system)
            : isInInterop;
        if (!isInSystem)
        {
            foreach (var (node, what) in reached)
                yield return file.At(node, $"{what} stands outside Interop/<{string.Join('|', Systems)}>/");
        }

        if (file.IsProduct)
        {
            // Overloads of one function are one import.
            foreach (var import in imports.Where(import => EntryPoint(import) != EntryPoint(imports[0])))
            {
                yield return file.At(import, "a second import in one file");
            }
        }

        if (file.IsLibrary && !isInInterop)
        {
            foreach (var use in MemberUse.Find(file.Root, Questions))
                yield return file.At(use.Node, $"{use.Name} asks for the system outside Interop");
        }
    }

    private static string EntryPoint(AttributeSyntax import)
    {
        var named = import.ArgumentList?.Arguments.FirstOrDefault(
            argument => argument.NameEquals?.Name.Identifier.Text == "EntryPoint");
        return named?.Expression.ToString()
            ?? $"\"{import.FirstAncestorOrSelf<MethodDeclarationSyntax>()?.Identifier.Text}\"";
    }
}
