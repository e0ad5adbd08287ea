using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Concord.Nt.Native;

namespace Concord.Tests.Nt.C;

/// <summary>
/// A routine for C stands in four places: a header declares it, routines.h passes it on, concord.map exports it, and
/// Concord.Nt has its entry point. None has a name that the others lack.
/// </summary>
public sealed partial class ExportTests
{
    /// <summary>What the C of the library does itself.</summary>
    private static readonly string[] InC = ["ConcordProvide", "ConcordStart"];

    /// <summary>What the C of the library asks .NET for in its own way.</summary>
    private static readonly string[] Asked = ["ConcordLastError", "ConcordLastStatus"];

    /// <summary>What C does not call: the library does, at the process's end.</summary>
    private static readonly string[] NotForC = ["ConcordExit"];

    [Fact]
    public void Every_declared_name_is_exported_and_nothing_else()
    {
        var declared = DeclaredIn(Path.Combine(CCompiler.Sources, "include"));
        Assert.NotEmpty(declared);
        Assert.Equal(declared, Names("concord.map", Exported()));
    }

    [Fact]
    public void Every_declared_name_has_its_way_into_Concord_Nt()
    {
        var declared = DeclaredIn(Path.Combine(CCompiler.Sources, "include"));
        Assert.Equal(declared.Except(InC).Except(Asked), Names("src/routines.h", PassedOn()));
        var entries = typeof(EntryPoints)
            .GetMethods(BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Select(static method =>
                (method.Name, method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()?.EntryPoint))
            .Where(static entry => entry.EntryPoint is not null).ToList();
        Assert.All(entries, static entry => Assert.Equal($"concord_nt_{entry.Name}", entry.EntryPoint));
        Assert.Equal(
            declared.Except(InC),
            entries.Select(static entry => entry.Name).Except(NotForC).Order(StringComparer.Ordinal));
    }

    /// <summary>The functions that the headers of a folder declare, each once and in order.</summary>
    internal static IReadOnlyList<string> DeclaredIn(string folder) =>
    [
        .. Directory.GetFiles(folder, "*.h")
            .SelectMany(static header => Declaration().Matches(File.ReadAllText(header)))
            .Select(static match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal),
    ];

    private static IReadOnlyList<string> Names(string file, Regex name) =>
    [
        .. name.Matches(File.ReadAllText(Path.Combine(CCompiler.Sources, file)))
            .Select(static match => match.Groups[1].Value).Order(StringComparer.Ordinal),
    ];

    /// <summary>A prototype of one line or several; typedefs of functions have a star.</summary>
    [GeneratedRegex(@"^(?:VOID|[A-Z_]+|const char) \*?(\w+)\((?!\*)[^;{}]*\);", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^    (\w+);", RegexOptions.Multiline)]
    private static partial Regex Exported();

    [GeneratedRegex(
        @"^(?:VOID_|STATUS_BLOCK_|MDL_|UNLOCK_|LOCK_|GIVING_|TAKING_)?ROUTINE\((?:\s*[A-Z_]+,)?\s*([A-Z]\w*[a-z]\w*),",
        RegexOptions.Multiline)]
    private static partial Regex PassedOn();
}
