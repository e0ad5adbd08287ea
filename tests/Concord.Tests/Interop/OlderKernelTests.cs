using System.Runtime.InteropServices;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Interop;

/// <summary>
/// Kernels from 5.10 on, tried by refusal: what a version lacks is kept from a process, by filters that the kernel
/// itself enforces, and by features that userfaultfd is not asked for. README's table names these versions.
/// </summary>
[Collection(SideBySide.Children)]
public sealed class OlderKernelTests
{
    private const string All = "shows 1, stored 2, purged True, then shows 3";

    [Theory]
    [InlineData("5.10", false)]
    [InlineData("5.15", false)]
    [InlineData("6.1", true)]
    [InlineData("6.6", true)]
    [InlineData("6.8", true)]
    public void Each_part_works_without_the_calls_that_a_kernel_lacks_or_says_what_is_missing(
        string version, bool hasWritableViews)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "kernels of Linux");
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64,
            SkipPolicy.OtherProcessor + "numbers of x64");
        using ChildProcess child = new(OlderKernel.Name, version);
        string[] lines = child.Finish().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("file: as written", lines[0]);
        Assert.Equal("system: 64 of 64 pages, Success, 0 left", lines[1]);
        Assert.Equal("processor: flushed", lines[2]);
        Assert.Equal("reading view: shows 1, stored 1, purged True, then shows 3", lines[3]);
        if (hasWritableViews) Assert.Equal($"writable view: {All}", lines[4]);
        else
            Assert.StartsWith("writable view: this kernel cannot notice writes to shared memory (Linux 5.19", lines[4]);
    }
}
