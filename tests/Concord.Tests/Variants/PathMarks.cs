using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.Variants;

/// <summary>The library in which each body of Memory, Caching and Files says when it is entered.</summary>
internal static class PathMarks
{
    /// <summary>The class that is added to the library.</summary>
    internal const string Recorder = "Concord.PathRecorder";

    private static readonly string[] Folders = ["src/Concord/Memory/", "src/Concord/Caching/", "src/Concord/Files/"];

    /// <summary>The changed texts of a library's sources.</summary>
    internal static Dictionary<string, string> In(LibrarySources sources)
    {
        var changed = new Dictionary<string, string> { ["PathRecorder.g.cs"] = Source };
        foreach (var (path, tree) in sources.Trees)
        {
            if (!Array.Exists(Folders, folder => path.StartsWith(folder, StringComparison.Ordinal))) continue;
            changed[path] = Mark(tree.GetRoot(), sources.Texts[path]);
        }

        return changed;
    }

    private static string Mark(SyntaxNode root, string source)
    {
        var text = new StringBuilder(source);
        foreach (var node in root.DescendantNodes().OrderByDescending(static node => node.SpanStart))
        {
            if (node is BlockSyntax { Parent: BaseMethodDeclarationSyntax or AccessorDeclarationSyntax })
            {
                text.Insert(node.SpanStart + 1, Enter(node));
            }
            else if (node is ArrowExpressionClauseSyntax arrow
                && arrow.Parent is MemberDeclarationSyntax or AccessorDeclarationSyntax)
            {
                Replace(text, arrow);
            }
        }

        return text.ToString();
    }

    /// <summary>Makes a body in braces of an expression, so that it has a place for the mark.</summary>
    private static void Replace(StringBuilder text, ArrowExpressionClauseSyntax arrow)
    {
        int end = arrow.Parent!.Span.End;
        string expression = text.ToString(arrow.Expression.SpanStart, arrow.Expression.Span.Length);
        bool isStatement = arrow.Expression is ThrowExpressionSyntax || arrow.Parent switch
        {
            MethodDeclarationSyntax method => method.ReturnType.ToString() == "void"
                || (method.Modifiers.Any(SyntaxKind.AsyncKeyword)
                    && method.ReturnType.ToString() is "Task" or "ValueTask"),
            ConstructorDeclarationSyntax or DestructorDeclarationSyntax => true,
            AccessorDeclarationSyntax accessor => !accessor.IsKind(SyntaxKind.GetAccessorDeclaration),
            _ => false,
        };
        string body = $"{{{Enter(arrow)} {(isStatement ? "" : "return ")}{expression}; }}";
        if (arrow.Parent is PropertyDeclarationSyntax or IndexerDeclarationSyntax) body = $"{{ get {body} }}";
        text.Remove(arrow.SpanStart, end - arrow.SpanStart).Insert(arrow.SpanStart, body);
    }

    private static string Enter(SyntaxNode body)
    {
        string type = body.Ancestors().OfType<BaseTypeDeclarationSyntax>().Last().Identifier.Text;
        return $" global::{Recorder}.Enter(\"{type}\");";
    }

    private const string Source = """
        namespace Concord;

        internal static class PathRecorder
        {
            private static readonly object Gate = new();
            private static System.Collections.Generic.List<string> Entered = [];
            private static bool IsOn;

            internal static void Enter(string type)
            {
                if (!IsOn) return;
                lock (Gate) Entered.Add(type);
            }

            public static string[] Record(System.Action call)
            {
                Entered = [];
                IsOn = true;
                call();
                IsOn = false;
                lock (Gate) return Entered.ToArray();
            }
        }
        """;
}
