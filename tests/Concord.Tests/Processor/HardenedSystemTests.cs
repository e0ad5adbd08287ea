using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Concord.Tests.Processor;

/// <summary>What one process can try only once, in a child of its own.</summary>
public sealed class HardenedSystemTests
{
    /// <summary>128 and the number of SIGSYS.</summary>
    private const int EndedByFilter = 128 + 31;

    [Fact]
    public void Where_executable_memory_is_refused_the_class_says_so_and_why()
    {
        RequireFilter();
        string[] lines = Run([], "processor-refused", out int exitCode);

        Assert.Equal(0, exitCode);
        Assert.Equal("False", lines[0]);
        Assert.StartsWith("the system refuses executable memory: cannot mprotect(PROT_READ | PROT_EXEC) of a page:",
            lines[1], StringComparison.Ordinal);
        Assert.Contains("errno 13", lines[1], StringComparison.Ordinal);
        Assert.Equal(9, lines.Length - 2);
        Assert.All(lines[2..], line => Assert.Equal(
            $"System.PlatformNotSupportedException: Processor caches cannot be flushed here: {lines[1]}.", line));
    }

    [Fact]
    [Row(39)]
    public void Spans_and_raised_levels_make_no_system_call()
    {
        RequireFilter();
        Assert.Equal(["done"], Run(CompiledOnce, "processor-silent", out int exitCode, "dispatch"));
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public void A_system_call_would_have_been_noticed()
    {
        RequireFilter();
        Assert.Empty(Run(CompiledOnce, "processor-silent", out int exitCode, "passive"));
        Assert.Equal(EndedByFilter, exitCode);
    }

    [Theory]
    [InlineData("clflush", "clflush clflush")]
    [InlineData("clflushopt, clflush", "clflushopt clflushopt")]
    [InlineData("CLWB,clflush", "clflush clwb")]
    [InlineData("", "clflushopt clwb")]
    [InlineData("clwb", "CONCORD_CACHE_INSTRUCTIONS allows 'clwb', which leaves no instruction that flushes a line; "
        + "the processor offers clflush, clflushopt, clwb")]
    public void The_environment_can_restrict_the_instructions(string allowed, string expected)
    {
        Assert.SkipUnless(ProcessorCache.OfferedInstructions.Contains("clwb"),
            "the processor does not offer all instructions of x64");
        Assert.Equal([expected], Run(new() { ["CONCORD_CACHE_INSTRUCTIONS"] = allowed }, "processor-choice", out _));
    }

    /// <summary>
    /// Without it the runtime compiles methods anew in the course of time, with system calls of its own.
    /// </summary>
    private static Dictionary<string, string> CompiledOnce => new() { ["DOTNET_TieredCompilation"] = "0" };

    private static string[] Run(Dictionary<string, string> environment, string name, out int exitCode,
        params string[] args)
    {
        using Process child = Child.Start(environment, name, args);
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        exitCode = child.ExitCode;
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static void RequireFilter() => Assert.SkipUnless(
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64,
        "system calls are filtered by Linux's seccomp, with the numbers of x64");
}
