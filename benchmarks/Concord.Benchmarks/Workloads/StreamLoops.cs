using System.Diagnostics;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Loops over a stream in calls as short as they get. Each has a type parameter, a structure that stands for the rival,
/// so that it is compiled for the one kind of stream that this rival uses, as in a program that uses no other.
/// </summary>
internal static class StreamLoops
{
    /// <summary>Reads so many bytes from the beginning, one a call.</summary>
    public static Slice ReadBytes<TRival>(Stream stream, int bytes)
        where TRival : struct
    {
        stream.Position = 0;
        long start = Stopwatch.GetTimestamp();
        int sum = 0;
        for (int i = 0; i < bytes; i++) sum |= stream.ReadByte();
        return sum < 0 ? throw new EndOfStreamException() : SliceOf(start, bytes);
    }

    /// <summary>Writes so many bytes from the beginning, one a call.</summary>
    public static Slice WriteBytes<TRival>(Stream stream, int bytes)
        where TRival : struct
    {
        stream.Position = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < bytes; i++) stream.WriteByte((byte)i);
        return SliceOf(start, bytes);
    }

    /// <summary>Reads so many bytes from the beginning, four a call.</summary>
    public static Slice ReadNumbers<TRival>(BinaryReader reader, int bytes)
        where TRival : struct
    {
        reader.BaseStream.Position = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < bytes / sizeof(int); i++) reader.ReadInt32();
        return SliceOf(start, bytes / sizeof(int));
    }

    /// <summary>Writes so many bytes from the beginning, four a call.</summary>
    public static Slice WriteNumbers<TRival>(BinaryWriter writer, int bytes)
        where TRival : struct
    {
        writer.BaseStream.Position = 0;
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < bytes / sizeof(int); i++) writer.Write(i);
        return SliceOf(start, bytes / sizeof(int));
    }

    private static Slice SliceOf(long start, int calls) =>
        new(Stopwatch.GetElapsedTime(start).TotalNanoseconds / calls);
}
