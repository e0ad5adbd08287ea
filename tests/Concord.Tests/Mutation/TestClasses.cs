using System.Reflection;

namespace Concord.Tests.Mutation;

/// <summary>The test classes of this program.</summary>
internal static class TestClasses
{
    // These look at texts, packages, or the test program itself.
    private static readonly string[] Elsewhere = ["House", "Packaging", "Samples", "Running", "Contract", "Cli",
        "Mutation", "Variants"];

    /// <summary>Each test of all classes, with the namespace.</summary>
    internal static IReadOnlyList<string> Tests { get; } =
    [
        .. from type in Assembly.GetExecutingAssembly().GetTypes()
           where !type.IsAbstract
           from method in type.GetMethods()
           where method.IsDefined(typeof(FactAttribute), inherit: true)
           orderby type.FullName, method.Name
           select $"{type.FullName}.{method.Name}",
    ];

    /// <summary>The classes that look at what the library does.</summary>
    internal static IReadOnlyList<string> OfLibrary { get; } =
    [
        .. Tests.Select(static test => test[..test.LastIndexOf('.')]).Distinct()
            .Where(static name => !Elsewhere.Contains(name.Split('.')[2])),
    ];
}
