using System.Globalization;
using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Concord.Tests.SystemCache.Children;

namespace Concord.Tests.SystemCache;

/// <summary>Purges while another process writes by both paths, and is not held off.</summary>
public sealed unsafe class NoWriteIsLostTests
{
    private const int Pages = 256;

    /// <summary>Reads go to the disk and not to the cache.</summary>
    private static int OpenDirect => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    [Fact]
    public void Purges_during_numbered_writes_of_another_process_lose_none()
    {
        int purges = TestRun.IsFull ? 10_000 : 300;
        long writes = TestRun.IsFull ? 10_000_000 : 300_000;
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(0);
        File.WriteAllBytes(path, new byte[Pages * Environment.SystemPageSize]);
        using ChildProcess writer = new("system-cache-writer", path, writes.ToString(CultureInfo.InvariantCulture));
        writer.Expect("ready");
        using SystemFile file = SystemFile.Open(path);

        long dropped = 0;
        for (int purge = 0; purge < purges; purge++)
        {
            CoherencyResult result = purge % 2 == 0
                ? file.FlushAndPurge()
                : file.FlushAndPurge(new ByteRange((long)(purge % Pages) * Environment.SystemPageSize, 40_000));
            dropped += result.PagesPurged ?? 0;
            Assert.Equal(result.Status == CoherencyStatus.Success, result.Left.Count == 0);
        }

        string[] said = writer.Finish().Split(' ', StringSplitOptions.TrimEntries);
        Assert.True(long.Parse(said[0], null) >= writes);

        // Without the right to trim, the writer's own mapping keeps every page, and the purge must say so and lose
        // nothing.
        if (Rights.MayTrim) Assert.NotEqual(0, dropped);
        Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge().Status);
        Assert.Equal(0, KernelView.Resident(path));
        Assert.Equal(said[1], WriterChild.Digest(ReadFromDisk(path)));
        Figures.Record(
            "purge", $"numbered writes of another process during {purges:N0} purges",
            $"{long.Parse(said[0], null):N0}, {dropped:N0} pages dropped, none lost", $"{writes:N0}, none lost");
    }

    private static byte[] ReadFromDisk(string path)
    {
        byte[] bytes = new byte[Pages * Environment.SystemPageSize];
        using FileDescriptor file = Libc.Open(path, Libc.OpenReadOnly | OpenDirect);
        byte* aligned = (byte*)NativeMemory.AlignedAlloc((nuint)bytes.Length, (nuint)Environment.SystemPageSize);
        try
        {
            Assert.Equal(bytes.Length, Libc.Pread(file, aligned, bytes.Length, 0));
            new ReadOnlySpan<byte>(aligned, bytes.Length).CopyTo(bytes);
            return bytes;
        }
        finally
        {
            NativeMemory.AlignedFree(aligned);
        }
    }
}
