namespace Concord;

/// <summary>Writes lines of memory back from the processors' caches, and takes them out.</summary>
public static class ProcessorCache
{
    /// <summary>Whether lines can be flushed here.</summary>
    public static bool IsSupported => UnsupportedReason is null;

    /// <summary>What is missing here, or null.</summary>
    public static string? UnsupportedReason => throw new NotImplementedException();

    /// <summary>Bytes a line.</summary>
    public static int LineSize => throw new NotImplementedException();

    /// <summary>The instruction in use for <see cref="FlushAndInvalidate(ReadOnlySpan{byte})"/>, as the processor's manual writes it.</summary>
    public static string FlushInstruction => throw new NotImplementedException();

    /// <summary>The instruction in use for <see cref="WriteBack(ReadOnlySpan{byte})"/>.</summary>
    public static string WriteBackInstruction => throw new NotImplementedException();

    /// <summary>Every instruction for the purpose that this processor offers.</summary>
    public static IReadOnlyList<string> OfferedInstructions => throw new NotImplementedException();

    /// <summary>Writes back and invalidates the lines of a range on every processor.</summary>
    public static void FlushAndInvalidate(ReadOnlySpan<byte> memory) => throw new NotImplementedException();

    /// <summary>The same for a raw address, after asking whether the range is readable.</summary>
    public static void FlushAndInvalidate(nint address, nuint length) => throw new NotImplementedException();

    /// <summary>Writes back the lines of a range.</summary>
    public static void WriteBack(ReadOnlySpan<byte> memory) => throw new NotImplementedException();

    /// <summary>The same for a raw address, after asking whether the range is readable.</summary>
    public static void WriteBack(nint address, nuint length) => throw new NotImplementedException();
}
