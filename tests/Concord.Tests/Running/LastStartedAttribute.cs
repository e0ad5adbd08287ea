using System.Reflection;
using Xunit.v3;

namespace Concord.Tests.Running;

/// <summary>
/// Notes the names of the tests that run, the last one first, so that a crash of the process can be laid at its door.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class LastStartedAttribute : BeforeAfterTestAttribute
{
    /// <summary>The environment variable with the path of the note.</summary>
    public const string Variable = "CONCORD_TESTS_LAST_STARTED";

    private static readonly string? Note = Environment.GetEnvironmentVariable(Variable);
    private static readonly List<string> Running = [];

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (string.IsNullOrEmpty(Note)) return;
        lock (Running)
        {
            Running.Insert(0, test.TestDisplayName);
            File.WriteAllText(Note, string.Join(", beside ", Running));
        }
    }

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        lock (Running) Running.Remove(test.TestDisplayName);
    }
}
