using Concord.Scheduling;

namespace Concord.Tests.Caching.Views;

/// <summary>The same with huge pages for shared memory, which would make pages appear that no mask knows of.</summary>
public sealed class HugePageTests
{
    private const string Setting = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";

    [Theory]
    [InlineData("always")]
    [InlineData("force")]
    [InlineData("never")]
    public void Huge_pages_of_the_system_make_no_orphan_pages(string value)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "a setting of Linux");
        Assert.SkipUnless(TestRun.IsFull,
            SkipPolicy.FullRun + "it changes a setting of the whole system, which other tests would see");
        string before = Current();
        try
        {
            System.IO.File.WriteAllText(Setting, value);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Assert.Skip(
                $"right: huge pages of shared memory are set by root, where the system has them ({error.Message})");
        }

        try
        {
            ReadPartsAndMap();
            var run = new CounterRun(20, InjectedFault.None);
            run.Run();
            Assert.Equal(0, run.Lost);
        }
        finally
        {
            System.IO.File.WriteAllText(Setting, before);
        }
    }

    /// <summary>
    /// Loads in place, and then a view over the whole: what was not loaded has to come from the store.
    /// </summary>
    private static void ReadPartsAndMap()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 2000), capacityPages: 4096);
        for (int page = 0; page < 2000; page += 100) Pages.Read(fixture.File, Pages.Range(page));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        Assert.Equal(Pages.Of(1, 2000), NativeMemory.Read(view, 0, 2000 * Pages.Bytes));
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        Assert.Empty(fixture.Store.Writes);
    }

    private static string Current()
    {
        if (!System.IO.File.Exists(Setting)) return "never";
        string all = System.IO.File.ReadAllText(Setting);
        return all[(all.IndexOf('[') + 1)..all.IndexOf(']')];
    }
}
