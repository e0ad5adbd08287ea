using System.Reflection;
using Concord.BenchmarkDotNet;
using Concord.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Concord.Tests.Packaging;

/// <summary>
/// The public face of each package, a line for each type and member, read from its assembly. The files in <c>Api</c>
/// hold what was agreed on; <c>--api</c> writes them anew.
/// </summary>
internal static class ApiSnapshot
{
    private static readonly Assembly[] Faces =
    [
        typeof(ByteRange).Assembly,
        typeof(global::Concord.Nt.NtFile).Assembly,
        typeof(global::Concord.Stores.AzureBlobs.AzureBlobStore).Assembly,
        typeof(global::Concord.Stores.Http.HttpStore).Assembly,
        typeof(global::Concord.Stores.S3.S3Store).Assembly,
        typeof(StoreConformance).Assembly,
        typeof(ColdProcessorCacheAttribute).Assembly,
    ];

    private static readonly SymbolDisplayFormat TypeFormat = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypesAndNamespaces,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters
            | SymbolDisplayGenericsOptions.IncludeTypeConstraints | SymbolDisplayGenericsOptions.IncludeVariance,
        kindOptions: SymbolDisplayKindOptions.IncludeTypeKeyword,
        parameterOptions: SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName,
        delegateStyle: SymbolDisplayDelegateStyle.NameAndSignature,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes
            | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    private static readonly SymbolDisplayFormat MemberFormat = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypes,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters
            | SymbolDisplayGenericsOptions.IncludeTypeConstraints,
        memberOptions: SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeModifiers
            | SymbolDisplayMemberOptions.IncludeAccessibility | SymbolDisplayMemberOptions.IncludeParameters
            | SymbolDisplayMemberOptions.IncludeConstantValue | SymbolDisplayMemberOptions.IncludeRef,
        parameterOptions: SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName
            | SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeParamsRefOut
            | SymbolDisplayParameterOptions.IncludeExtensionThis,
        propertyStyle: SymbolDisplayPropertyStyle.ShowReadWriteDescriptor,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes
            | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier
            | SymbolDisplayMiscellaneousOptions.AllowDefaultLiteral);

    /// <summary>The packages that have a face.</summary>
    internal static IEnumerable<string> Packages => Faces.Select(static face => face.GetName().Name!);

    /// <summary>Where the face of a package was written down.</summary>
    internal static string PathOf(string package) =>
        Path.Combine(Repository.Root, "tests", "Concord.Tests", "Packaging", "Api", package + ".txt");

    /// <summary>Writes the faces of all packages as they are.</summary>
    internal static void WriteAll()
    {
        foreach (string package in Packages)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(package))!);
            File.WriteAllText(PathOf(package), string.Concat(Read(package).Select(static line => line + "\n")));
            Console.WriteLine($"{Path.GetRelativePath(Repository.Root, PathOf(package))} written");
        }
    }

    /// <summary>The face of a package as it is, types and members in the order of their names.</summary>
    internal static IEnumerable<string> Read(string package)
    {
        Assembly face = Faces.Single(one => one.GetName().Name == package);
        var reference = MetadataReference.CreateFromFile(face.Location);
        string platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        var others = platform.Split(Path.PathSeparator).Where(path => path != face.Location)
            .Select(static path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create("face", references: [reference, .. others]);
        var assembly = (IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(reference)!;
        return TypesIn(assembly.GlobalNamespace)
            .OrderBy(static type => type.ToDisplayString(), StringComparer.Ordinal).SelectMany(Describe);
    }

    private static IEnumerable<INamedTypeSymbol> TypesIn(INamespaceOrTypeSymbol container) =>
        container.GetMembers().OfType<INamespaceOrTypeSymbol>().SelectMany(static inner => inner switch
        {
            INamedTypeSymbol type => IsVisible(type) ? [type, .. TypesIn(type)] : [],
            _ => TypesIn(inner),
        });

    private static IEnumerable<string> Describe(INamedTypeSymbol type)
    {
        string modifiers = type.TypeKind is not TypeKind.Class ? ""
            : type.IsStatic ? "static "
            : type.IsAbstract ? "abstract "
            : type.IsSealed ? "sealed "
            : "";
        bool hasBase = type is { TypeKind: TypeKind.Class, BaseType.SpecialType: not SpecialType.System_Object };
        // An interface that nobody outside can name is no part of the face.
        var interfaces = type.Interfaces.Where(static one => one.DeclaredAccessibility == Accessibility.Public);
        IEnumerable<INamedTypeSymbol> above = hasBase ? [type.BaseType!, .. interfaces] : interfaces;
        string[] bases = [.. above.Select(static one => one.ToDisplayString(MemberFormat))
            .Order(StringComparer.Ordinal)];
        string access = type.DeclaredAccessibility == Accessibility.Public ? "public" : "protected";
        string inherits = bases.Length == 0 ? "" : $" : {string.Join(", ", bases)}";
        yield return $"{access} {modifiers}{type.ToDisplayString(TypeFormat)}{inherits}";
        if (type.TypeKind == TypeKind.Delegate) yield break;
        var members = type.GetMembers().Where(IsShown).Select(Describe).Order(StringComparer.Ordinal);
        foreach (string member in members) yield return "  " + member;
    }

    // What an enumeration's number is belongs to the face; the format shows the number of constants only.
    private static string Describe(ISymbol member) =>
        member is IFieldSymbol { ContainingType.TypeKind: TypeKind.Enum } value
            ? $"{value.Name} = {value.ConstantValue}"
            : member.ToDisplayString(MemberFormat);

    private static bool IsShown(ISymbol member) =>
        member is not INamedTypeSymbol && IsVisible(member) && !IsMadeByCompiler(member)
        && member is not IMethodSymbol { AssociatedSymbol: not null }
        && member is not { ContainingType.TypeKind: TypeKind.Enum, Kind: not SymbolKind.Field };

    private static bool IsVisible(ISymbol symbol) =>
        symbol.DeclaredAccessibility
            is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal;

    // What a record brings along by itself.
    private static bool IsMadeByCompiler(ISymbol member) =>
        member.GetAttributes().Any(static attribute => attribute.AttributeClass?.Name == "CompilerGeneratedAttribute");
}
