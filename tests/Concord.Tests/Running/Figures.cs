namespace Concord.Tests.Running;

/// <summary>Where tests put what they measured; the test program prints it as a table after the run.</summary>
internal static class Figures
{
    /// <summary>
    /// Records a figure of the running test, in its output and in the table. Judging it stays with the test.
    /// </summary>
    /// <param name="id">The number of the goal, for example R10.</param>
    /// <param name="what">What was measured; once a test.</param>
    /// <param name="value">The value with its unit, as it should be shown.</param>
    /// <param name="target">What it should be, with its unit.</param>
    public static void Record(string id, string what, string value, string target)
    {
        var figure = new Figure(id, what, value, target);
        if (figure.AttachmentValue.Split('\t').Length != 4)
            throw new ArgumentException("no part of a figure may contain a tab");
        var context = TestContext.Current;
        if (context.Test is null)
            throw new InvalidOperationException("a figure is recorded while a test runs, by that test");
        context.AddAttachment(figure.AttachmentName, figure.AttachmentValue);
        context.TestOutputHelper?.WriteLine($"{id}: {what}: {value} (should be {target})");
    }
}
