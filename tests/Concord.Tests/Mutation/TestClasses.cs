using System.Reflection;

namespace Concord.Tests.Mutation;

/// <summary>The test classes of this program that look at what the library does.</summary>
internal static class TestClasses
{
    // These look at texts, packages, or the test program itself.
    private static readonly string[] Elsewhere = ["House", "Packaging", "Samples", "Running", "Contract", "Cli",
        "Mutation", "Variants"];

    internal static IReadOnlyList<string> All { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetTypes()
            .Where(static type => type.GetMethods()
                .Any(static method => method.IsDefined(typeof(FactAttribute), inherit: true)))
            .Select(static type => type.FullName!)
            .Where(static name => !Elsewhere.Contains(name.Split('.')[2]))
            .Order(StringComparer.Ordinal),
    ];
}
