using System.Globalization;
using System.Xml.Linq;

namespace Concord.Tests.Running;

/// <summary>Reads the runner's result file (xunit's XML, version 2 and later).</summary>
internal static class RunResults
{
    /// <summary>The outcome of each test, and a failed outcome for each error outside the tests.</summary>
    public static IReadOnlyList<TestOutcome> Parse(string xml)
    {
        var document = XDocument.Parse(xml);
        return
        [
            .. document.Descendants("test").Where(test => Attribute(test, "result") != "NotRun").Select(Read),
            .. document.Descendants("error").Select(ReadError),
        ];
    }

    private static TestOutcome Read(XElement test)
    {
        var (result, reason) = Attribute(test, "result") switch
        {
            "Pass" => (TestVerdict.Passed, ""),
            "Skip" => (TestVerdict.Skipped, test.Element("reason")?.Value.Trim() ?? "no reason given"),
            _ => (TestVerdict.Failed, Failure(test)),
        };
        return new TestOutcome(
            Attribute(test, "name"), Attribute(test, "type"), Attribute(test, "method"), result, reason, Rows(test),
            MeasuredBy(test), Seconds(test));
    }

    private static TestOutcome ReadError(XElement error) =>
        TestOutcome.Check($"{Attribute(error, "type")} {Attribute(error, "name")}".Trim(), Failure(error));

    private static string Failure(XElement element) =>
        element.Element("failure")?.Element("message")?.Value.Trim() ?? "no message given";

    private static IReadOnlyList<int> Rows(XElement test) =>
    [
        .. test.Descendants("trait").Where(trait => Attribute(trait, "name") == "Row")
            .Select(trait => int.Parse(Attribute(trait, "value"), CultureInfo.InvariantCulture)).Distinct().Order()
    ];

    private static IReadOnlyList<Figure> MeasuredBy(XElement test) =>
    [
        .. test.Descendants("attachment")
            .Select(attachment => Figure.Read(Attribute(attachment, "name"), attachment.Value)).OfType<Figure>()
    ];

    private static double Seconds(XElement test)
    {
        string time = Attribute(test, "time");
        return time.Length == 0 ? 0 : double.Parse(time, CultureInfo.InvariantCulture);
    }

    private static string Attribute(XElement element, string name) => element.Attribute(name)?.Value ?? "";
}
