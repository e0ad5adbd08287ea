using System.Reflection;
using Xunit.v3;

namespace Concord.Tests.Running;

/// <summary>Notes the name of each test that starts, so that a crash of the process can be laid at its door.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class LastStartedAttribute : BeforeAfterTestAttribute
{
    /// <summary>The environment variable with the path of the note.</summary>
    public const string Variable = "CONCORD_TESTS_LAST_STARTED";

    private static readonly string? Note = Environment.GetEnvironmentVariable(Variable);

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (!string.IsNullOrEmpty(Note)) File.WriteAllText(Note, test.TestDisplayName);
    }
}
