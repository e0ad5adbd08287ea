namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>
/// Each request of a program with a page blob fails in turn, in each way, or is the last one: nothing that was flushed
/// is lost, nothing appears that was not written, and nothing comes late.
/// </summary>
[Collection(SideBySide.Stores)]
public sealed class PageBlobFailureTests
{
    private static readonly BlobFault[] Faults =
        [BlobFault.Refused, BlobFault.Lost, BlobFault.AnswerLost, BlobFault.Late, BlobFault.Twice];

    [Fact]
    public void Without_failures_everything_is_as_it_was_written()
    {
        using var service = new BlobService([]);
        using (var script = new PageBlobScript(service))
        {
            script.Run(static () => { });
            Assert.Equal(0, script.Failures);
            script.CheckAll("without failures");
        }

        Assert.Equal(607, Left(service).Length);
    }

    [Fact]
    public void Whichever_request_fails_nothing_is_lost_and_nothing_comes_late()
    {
        int requests = CountRequests(), runs = 0, failures = 0;
        foreach (var fault in Faults)
        {
            for (int failing = 1; failing <= requests; failing++)
            {
                failures += Fail(fault, number => number == failing, $"request {failing} {fault}", isLateSoon: false);
                runs++;
                if (failing % 2 == 0) continue;
                failures += Fail(
                    fault, number => number >= failing, $"requests from {failing} on {fault}", failing % 4 == 1);
                failures += Fail(
                    fault, number => number == failing || number == failing + 1, $"requests {failing} and next {fault}",
                    isLateSoon: true);
                runs += 2;
            }
        }

        Assert.True(failures > runs / 4, $"{failures} calls failed in {runs} runs");
    }

    [Fact]
    public void Whichever_request_is_the_last_what_was_flushed_is_there()
    {
        int requests = CountRequests();
        for (int last = 1; last <= requests; last++)
        {
            foreach (var fault in (BlobFault[])[BlobFault.Lost, BlobFault.AnswerLost, BlobFault.Late])
            {
                using var service = new BlobService([]);
                string when = $"request {last} {fault}, and none after it";
                using var script = new PageBlobScript(service);
                service.FaultOf = (number, _) =>
                    number < last ? BlobFault.None : number == last ? fault : BlobFault.Lost;
                script.Run(static () => { });
                service.FaultOf = static (_, _) => BlobFault.None;
                script.Expected.CheckKept(Left(service), when);
            }
        }
    }

    private static int Fail(BlobFault fault, Func<int, bool> isFailing, string when, bool isLateSoon)
    {
        using var service = new BlobService([]);
        int failures;
        using (var script = new PageBlobScript(service))
        {
            service.FaultOf = (number, _) => isFailing(number) ? fault : BlobFault.None;
            script.Run(() =>
            {
                if (isLateSoon) service.DoLate();
            });
            service.FaultOf = static (_, _) => BlobFault.None;
            script.CheckAll(when);
            failures = script.Failures;
            byte[] content = service.Content;
            service.DoLate();
            Assert.True(content.AsSpan().SequenceEqual(service.Content), $"{when}: something came late");
            script.CheckAll(when);
        }

        return failures;
    }

    /// <summary>What the next writer finds, who takes the blob from one that is gone.</summary>
    private static byte[] Left(BlobService service)
    {
        using var store = BlobClients.Open(service, BlobClients.Quick() with { TakesOver = true });
        service.DoLate();
        byte[] content = new byte[store.GetLength()];
        Assert.Equal(content.Length, store.Read(0, content));
        return content;
    }

    private static int CountRequests()
    {
        using var service = new BlobService([]);
        using var script = new PageBlobScript(service);
        script.Run(static () => { });
        return service.Requests;
    }
}
