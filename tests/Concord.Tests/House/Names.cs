using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>What stands last in a name, however it is qualified.</summary>
internal static class Names
{
    public static string Last(TypeSyntax? name) => name switch
    {
        QualifiedNameSyntax qualified => qualified.Right.Identifier.Text,
        AliasQualifiedNameSyntax alias => alias.Name.Identifier.Text,
        SimpleNameSyntax simple => simple.Identifier.Text,
        NullableTypeSyntax nullable => Last(nullable.ElementType),
        _ => "",
    };
}
