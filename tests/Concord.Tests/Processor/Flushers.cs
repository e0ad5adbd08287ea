using System.Runtime.InteropServices;
using Concord.Interop;
using Concord.Processor;

namespace Concord.Tests.Processor;

/// <summary>Flushers with the instructions forced, one for each choice that this processor offers.</summary>
internal static class Flushers
{
    private static readonly string[] Choices = ["clflush", "clflushopt", "clflushopt,clwb", "dc civac,dc cvac"];
    private static readonly Dictionary<string, LineFlusher> Made = [];

    /// <summary>The choices that this processor offers, as rows of a theory.</summary>
    public static TheoryData<string> Offered =>
        [.. Choices.Where(c => c.Split(',').All(ProcessorCache.OfferedInstructions.Contains))];

    public static LineFlusher Default => ProcessorCache.Supported;

    /// <summary>The flusher of a choice; there is one of each, since its machine code is never given back.</summary>
    public static LineFlusher Of(string choice)
    {
        lock (Made)
        {
            if (!Made.TryGetValue(choice, out var flusher)) Made[choice] = flusher = With(choice, new ForeignRanges());
            return flusher;
        }
    }

    /// <summary>A flusher with its own table of foreign ranges.</summary>
    public static LineFlusher With(string? choice, ForeignRanges foreign)
    {
        var made = FlusherChoice.Make(NativeSystem.Current, RuntimeInformation.ProcessArchitecture, choice, foreign);
        return made.Flusher ?? throw new PlatformNotSupportedException(made.UnsupportedReason);
    }
}
