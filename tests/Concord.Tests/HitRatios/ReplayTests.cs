using System.Xml.Linq;
using Concord.HitRatios;
using Concord.HitRatios.Reporting;
using Concord.HitRatios.Traces;
using Concord.Tests.Stores;

namespace Concord.Tests.HitRatios;

/// <summary>Traces are read and replayed, and the result is drawn.</summary>
public sealed class ReplayTests
{
    [Fact]
    public void A_folder_of_traces_is_read_as_text_and_as_numbers()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["first.trace"], "7\n*\n 9\n7\n");
        File.WriteAllBytes(folder["second.trc"], [1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9]);
        File.WriteAllText(folder["README.md"], "1\n");
        var traces = TraceFolder.Read(folder.Path).ToArray();
        Assert.Equal(["first", "second"], traces.Select(static trace => trace.Name));
        Assert.Equal([0, 1, 0], traces[0].Pages);
        Assert.Equal([0, 1, 0], traces[1].Pages);
        Assert.Equal(2, traces[1].Footprint);
    }

    [Fact]
    public void A_replay_has_a_row_for_each_size_and_is_the_same_every_time()
    {
        var trace = Trace.Of("loop", Enumerable.Range(0, 2000).Select(static at => (long)(at % 400)));
        PolicyKind[] policies = [.. PolicyKind.Rivals, PolicyKind.Own];
        ReplayRow[] first = [.. Replay.Run(trace, policies)], second = [.. Replay.Run(trace, policies)];
        Assert.Equal([4, 40, 100], first.Select(static row => row.Capacity));
        Assert.Equal(first.SelectMany(static row => row.Ratios), second.SelectMany(static row => row.Ratios));
        Assert.All(first, static row => Assert.All(row.Ratios, ratio => Assert.InRange(ratio, row.Optimum, 1)));
        XDocument picture = XDocument.Parse(RatioChart.Render(policies, first));
        Assert.Equal(policies.Length, picture.Descendants().Count(static node => node.Name.LocalName == "polyline"));
    }
}
