using Concord.Cli.Processor;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Demonstration;

/// <summary>The demonstration as plain text.</summary>
internal sealed class DemonstrationText(Output output) : DemonstrationView
{
    private const int NameWidth = 31;

    internal override void NoSystemHalf(string reason) => Line($"The system's cache cannot be shown here: {reason}.");

    internal override void BeginSystemHalf(string directory, string fileSystem, long pages, int process)
    {
        Line($"The system's cache: a file of {SizeText.Format(DemonstrationFile.Bytes)} on {fileSystem}, in "
            + $"{PathText.Show(directory)},");
        Line($"written just now, and mapped by another process ({process}).");
        Line("");
    }

    internal override void ShowSystemCalls(SystemCallStep step, long pages)
    {
        Row(Sentences.SystemCalls, step.PagesLeft, pages, step.Seconds);
        Line($"    {Sentences.About(step, pages)}");
    }

    internal override void ShowConcord(PurgeStep step, long pages, bool afterUnmap)
    {
        if (afterUnmap) Line("    The other process now ends its mapping.");
        Row(afterUnmap ? Sentences.ConcordAgain : Sentences.Concord, step.PagesLeft, pages, step.Seconds);
        Line($"    {Sentences.About(step)}");
        foreach (string reason in Sentences.Reasons(step)) Line($"    {reason}");
    }

    internal override void ShowContents(bool unchanged)
    {
        Line("");
        Line(Sentences.Contents(unchanged));
        Line("");
    }

    internal override void NoProcessorHalf(string reason) =>
        Line($"The processor's cache cannot be shown here: {reason}.");

    internal override void ShowProcessorHalf(ReloadTimes reload, string instruction)
    {
        Line($"The processor's cache: loading a line that is there, and one flushed with {instruction}.");
        Line("");
        Line($"{"hot",-NameWidth}{CountText.Seconds(reload.HotNanoseconds / 1e9),8} a line");
        Line($"{"flushed",-NameWidth}{CountText.Seconds(reload.ColdNanoseconds / 1e9),8} a line, "
            + $"{ProcessorText.Ratio(reload)}");
    }

    private void Row(string name, long? left, long pages, double seconds) =>
        Line($"{name,-NameWidth}{Sentences.Left(left, pages),32}  {CountText.Seconds(seconds),8}");

    private void Line(string text)
    {
        output.Text.WriteLine(text);
        output.Flush();
    }
}
