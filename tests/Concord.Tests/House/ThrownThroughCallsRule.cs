using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Concord.Tests.House;

/// <summary>
/// Every exception that can leave a public member of the library through what it calls is documented there, by itself
/// or by a base of it. Calls are followed where they lead to code of the library; what a catch keeps does not count,
/// nor what functions without a name throw, nor that an invariant is broken. A call that takes no token is never
/// cancelled.
/// </summary>
internal static class ThrownThroughCallsRule
{
    private const string Library = "src/Concord";

    // What cannot be reached or is another rule's finding; and what is passed on as it came, whatever it was.
    private static readonly string[] Unmet = ["UnreachableException", "NotImplementedException", "Exception"];

    // What the code that is followed could throw, and cannot there.
    private static readonly Dictionary<string, string> Excluded = new()
    {
        ["CachedFileStream.Read(Span<byte>): ArgumentOutOfRangeException"] = "a stream's position is never negative",
        ["CachedFileStream.ReadAsync(Memory<byte>, CancellationToken): ArgumentOutOfRangeException"] =
            "a stream's position is never negative",
        ["FileOperations.MapView(ByteRange, ViewAccess): ArgumentException"] =
            "the system gives addresses that nobody else has registered",
        ["MappedView.Prefault(ByteRange): ArgumentOutOfRangeException"] = "what lies beyond the view is left out",
        ["MappedView.PrefaultAsync(ByteRange, CancellationToken): ArgumentOutOfRangeException"] =
            "what lies beyond the view is left out",
        ["SystemFile.Flush(ByteRange): ArgumentOutOfRangeException"] = "the options are the method's own",
        ["SystemFile.Load(ByteRange, CancellationToken): ArgumentOutOfRangeException"] = "a range has been checked",
    };

    // Where the invariants of an extent are checked; nobody can do anything about a broken one.
    private const string Assertion = "Extent.Require(bool, string)";

    public static IEnumerable<Finding> Check(IEnumerable<HouseFile> files)
    {
        HouseFile[] library = [.. files.Where(static file => file.IsIn(Library) && file.IsCSharp)];
        var compilation = CSharpCompilation.Create(
            "Concord",
            [LibraryTypes.ImplicitUsings.Tree, .. library.Select(static file => file.Tree)],
            LibraryTypes.References(),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        var bodies = library.SelectMany(file => Bodies(file, compilation.GetSemanticModel(file.Tree)))
            .ToDictionary<Body, ISymbol, Body>(static body => body.Method, static body => body,
                SymbolEqualityComparer.Default);
        Spread(bodies);
        return bodies.Values.Where(static body => IsPublic(body.Method)).SelectMany(Undocumented)
            .DistinctBy(static one => one.Message);
    }

    private static IEnumerable<Finding> Undocumented(Body body)
    {
        XmlNodeSyntax[] documented = DocumentationRule.Elements(body.Member);
        if (documented.Any(static element => DocumentationRule.NameOf(element) == "inheritdoc")) yield break;
        HashSet<string> said =
        [
            .. documented.Where(static element => DocumentationRule.NameOf(element) == "exception")
                .Select(DocumentationRule.Attribute)
        ];
        bool isCancellable = body.Method.Parameters.Any(IsToken);
        foreach (ITypeSymbol thrown in body.Thrown.Keys.OrderBy(static type => type.Name, StringComparer.Ordinal))
        {
            if (Bases(thrown).Any(@base => said.Contains(@base.Name))) continue;
            if (!isCancellable && Bases(thrown).Any(static @base => @base.Name == nameof(OperationCanceledException)))
                continue;
            string name = Shown(body.Method);
            string message = $"{name} does not say when it throws {thrown.Name}{Way(body, thrown)}";
            if (!Excluded.ContainsKey($"{name}: {thrown.Name}")) yield return body.File.At(body.Member, message);
        }
    }

    private static bool IsToken(IParameterSymbol parameter) => parameter.Type.Name == nameof(CancellationToken);

    private static string Shown(IMethodSymbol method) =>
        method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat);

    /// <summary>The calls that lead to where it is thrown.</summary>
    private static string Way(Body body, ITypeSymbol thrown)
    {
        string way = "";
        for (Body? next = body.Thrown[thrown]; next is not null; next = next.Thrown[thrown])
        {
            way += $"{(way.Length == 0 ? ", by " : " > ")}{Shown(next.Method)}";
        }

        return way;
    }

    /// <summary>Carries what is thrown from the called to the callers until nothing is new.</summary>
    private static void Spread(Dictionary<ISymbol, Body> bodies)
    {
        for (bool isNew = true; isNew;)
        {
            isNew = false;
            foreach (Body body in bodies.Values)
            {
                foreach (var (called, place) in body.Calls)
                {
                    if (!bodies.TryGetValue(called, out Body? other) || other == body) continue;
                    foreach (ITypeSymbol thrown in other.Thrown.Keys.ToArray())
                    {
                        if (body.Thrown.ContainsKey(thrown) || IsOwnMistake(thrown, place, body.Method)) continue;
                        if (!IsCaught(thrown, place, body.Model)) isNew |= body.Thrown.TryAdd(thrown, other);
                    }
                }
            }
        }
    }

    /// <summary>
    /// Whether an argument that is refused cannot be the caller's caller's: the call passes nothing on that it was
    /// given.
    /// </summary>
    private static bool IsOwnMistake(ITypeSymbol thrown, SyntaxNode call, IMethodSymbol caller)
    {
        if (!Bases(thrown).Any(static @base => @base.Name == nameof(ArgumentException))) return false;
        var given = caller.Parameters.Where(static parameter => !IsToken(parameter))
            .Select(static parameter => parameter.Name).ToArray();
        ArgumentListSyntax? arguments = call switch
        {
            InvocationExpressionSyntax invocation => invocation.ArgumentList,
            BaseObjectCreationExpressionSyntax creation => creation.ArgumentList,
            _ => null,
        };
        var names = arguments?.DescendantNodes().OfType<IdentifierNameSyntax>() ?? [];
        return !names.Any(name => given.Contains(name.Identifier.Text));
    }

    private static IEnumerable<Body> Bodies(HouseFile file, SemanticModel model)
    {
        foreach (SyntaxNode node in file.Root.DescendantNodes())
        {
            if (MethodOf(node, model) is not { } method) continue;
            if (node.FirstAncestorOrSelf<MemberDeclarationSyntax>() is not { } member) continue;
            if (Shown(method) == Assertion) continue;
            var body = new Body(file, model, method, member);
            foreach (SyntaxNode inner in node.DescendantNodes(child => child == node || !IsFunction(child)))
            {
                if (Thrown(inner, model) is { } thrown && !Unmet.Contains(thrown.Name)
                    && !IsCaught(thrown, inner, model))
                    body.Thrown.TryAdd(thrown, null);
                if (inner is not (InvocationExpressionSyntax or BaseObjectCreationExpressionSyntax)) continue;
                if (model.GetSymbolInfo(inner).Symbol is IMethodSymbol called)
                    body.Calls.Add((called.OriginalDefinition, inner));
            }

            yield return body;
        }
    }

    private static bool IsFunction(SyntaxNode node) =>
        node is AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax;

    /// <summary>
    /// The method whose code a node is: of a method, an accessor, a local function, or a property's arrow.
    /// </summary>
    private static IMethodSymbol? MethodOf(SyntaxNode node, SemanticModel model) => node switch
    {
        BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax =>
            model.GetDeclaredSymbol(node) as IMethodSymbol,
        ArrowExpressionClauseSyntax { Parent: BasePropertyDeclarationSyntax property } =>
            (model.GetDeclaredSymbol(property) as IPropertySymbol)?.GetMethod,
        _ => null,
    };

    /// <summary>The exception that a statement, an expression or a <c>ThrowIf…</c> throws, or null.</summary>
    private static ITypeSymbol? Thrown(SyntaxNode node, SemanticModel model) => node switch
    {
        ThrowStatementSyntax { Expression: { } expression } => model.GetTypeInfo(expression).Type,
        ThrowExpressionSyntax thrown => model.GetTypeInfo(thrown.Expression).Type,
        InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access }
            when access.Name.Identifier.Text.StartsWith("ThrowIf", StringComparison.Ordinal) =>
                ExceptionOf(access, model),
        _ => null,
    };

    private static INamedTypeSymbol? ExceptionOf(MemberAccessExpressionSyntax access, SemanticModel model) =>
        model.GetSymbolInfo(access).Symbol is IMethodSymbol { IsStatic: true, ContainingType: var type }
            && type.Name.EndsWith("Exception", StringComparison.Ordinal) ? type : null;

    /// <summary>Whether a catch around the place takes the exception and does not throw the same one on.</summary>
    private static bool IsCaught(ITypeSymbol thrown, SyntaxNode place, SemanticModel model)
    {
        for (SyntaxNode? node = place; node?.Parent is { } parent && node is not MemberDeclarationSyntax; node = parent)
        {
            if (parent is not TryStatementSyntax attempt || attempt.Block != node) continue;
            foreach (CatchClauseSyntax clause in attempt.Catches)
            {
                bool throwsOn = clause.Block.DescendantNodes()
                    .Any(static inner => inner is ThrowStatementSyntax { Expression: null });
                if (clause.Filter is null && Takes(clause, thrown, model) && !throwsOn) return true;
            }
        }

        return false;
    }

    private static bool Takes(CatchClauseSyntax clause, ITypeSymbol thrown, SemanticModel model)
    {
        if (clause.Declaration is null) return true;
        ITypeSymbol? taken = model.GetTypeInfo(clause.Declaration.Type).Type;
        return taken?.Name == nameof(Exception)
            || Bases(thrown).Any(@base => SymbolEqualityComparer.Default.Equals(@base, taken));
    }

    /// <summary>An exception's type and those above it that say something.</summary>
    private static IEnumerable<ITypeSymbol> Bases(ITypeSymbol type)
    {
        for (ITypeSymbol? level = type; level is not null; level = level.BaseType)
        {
            if (level.Name is "Exception" or "SystemException") yield break;
            yield return level;
        }
    }

    private static bool IsPublic(IMethodSymbol method)
    {
        if (method.MethodKind == MethodKind.LocalFunction) return false;
        for (ISymbol? symbol = method; symbol is not null and not INamespaceSymbol; symbol = symbol.ContainingSymbol)
        {
            bool isVisible = symbol.DeclaredAccessibility
                is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal;
            if (!isVisible) return false;
        }

        return true;
    }

    /// <summary>
    /// The code of a method or accessor: what it throws by itself and through others, whom it calls where.
    /// </summary>
    private sealed record Body(
        HouseFile File, SemanticModel Model, IMethodSymbol Method, MemberDeclarationSyntax Member)
    {
        /// <summary>What is thrown, and by which called code; null where it is thrown here.</summary>
        public Dictionary<ITypeSymbol, Body?> Thrown { get; } = new(SymbolEqualityComparer.Default);

        public List<(ISymbol Called, SyntaxNode Place)> Calls { get; } = [];
    }
}
