using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Concord.Tests.Variants;
using Xunit.v3;

namespace Concord.Tests.Mutation;

/// <summary>
/// Has a library that marks where it is write its marks after each test, and notes how long the test took. Does nothing
/// unless <see cref="Variable"/> names a folder.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class MarkedAttribute : BeforeAfterTestAttribute
{
    /// <summary>The environment variable with the folder; each test has one of its own in it.</summary>
    internal const string Variable = "CONCORD_TESTS_MARKED";

    private const string Times = "times.tsv";
    private static readonly string? Folder = Environment.GetEnvironmentVariable(Variable);
    private static long Begun;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (string.IsNullOrEmpty(Folder)) return;

        // Processes that the test starts write their marks there too.
        Environment.SetEnvironmentVariable(
            CoverageMarks.Variable, Directory.CreateDirectory(Path.Combine(Folder, NameOf(methodUnderTest))).FullName);
        Begun = Stopwatch.GetTimestamp();
    }

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (string.IsNullOrEmpty(Folder)) return;
        double seconds = Stopwatch.GetElapsedTime(Begun).TotalSeconds;
        string line = string.Create(CultureInfo.InvariantCulture, $"{NameOf(methodUnderTest)}\t{seconds:F3}\n");
        File.AppendAllText(Path.Combine(Folder, Times), line);
        typeof(FileCache).Assembly.GetType("Concord.CoverageMarks")!
            .GetMethod("Write", BindingFlags.Static | BindingFlags.NonPublic)!.Invoke(null, null);
    }

    /// <summary>
    /// Each test that has left marks in a folder, with its seconds; a test with several rows of data is one.
    /// </summary>
    internal static IEnumerable<(string Test, double Seconds)> Read(string folder)
    {
        string times = Path.Combine(folder, Times);
        if (!File.Exists(times)) return [];
        return File.ReadLines(times).Select(static line => line.Split('\t'))
            .GroupBy(static parts => parts[0], static parts => double.Parse(parts[1], CultureInfo.InvariantCulture))
            .Select(static test => (test.Key, test.Sum()));
    }

    private static string NameOf(MethodInfo method) => $"{method.ReflectedType!.FullName}.{method.Name}";
}
