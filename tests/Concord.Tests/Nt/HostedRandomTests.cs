using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>A little file system's calls mixed at random, against a byte array.</summary>
public sealed unsafe class HostedRandomTests
{
    private static readonly int FileBytes = 20 * Pages.Bytes + 321, LengthMax = 30 * Pages.Bytes;

    [Fact]
    public void Every_byte_is_the_models_whatever_way_it_goes()
    {
        int seeds = TestRun.IsFull ? 200 : 12, calls = TestRun.IsFull ? 2000 : 400;
        for (int seed = 1; seed <= seeds; seed++)
        {
            try
            {
                Play(seed, calls);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                throw new InvalidOperationException($"seed {seed}: {error.Message}", error);
            }
        }
    }

    [Fact]
    public void Eight_threads_each_find_their_bytes_and_the_disk_has_all_of_them()
    {
        const int Threads = 8;
        int share = 3 * Pages.Bytes + 77;
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 16 * Pages.Bytes,
            MaxDirtyAge = TimeSpan.FromMilliseconds(20),
        });
        using var system = new LittleFileSystem(new byte[Threads * share], cache);
        byte[][] models = [.. Enumerable.Range(0, Threads).Select(_ => new byte[share])];
        Exception? failure = null;
        var threads = Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            try
            {
                PlayShare(system, new Random(number + 1), number * share, models[number]);
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, error, null);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.Null(failure);
        Assert.Equal(models.SelectMany(static model => model), system.Disk.Content);
    }

    private static void PlayShare(LittleFileSystem system, Random random, int from, byte[] model)
    {
        var file = system.Open();
        int calls = TestRun.IsFull ? 5000 : 300;
        for (int i = 0; i < calls; i++)
        {
            int at = random.Next(model.Length), length = random.Next(model.Length - at) + 1;
            byte[] bytes = [.. Enumerable.Repeat((byte)random.Next(256), length)];
            switch (random.Next(8))
            {
                case 0:
                    system.WriteUncached(file, from + at, bytes);
                    bytes.CopyTo(model, at);
                    break;
                case 1:
                    Assert.Equal(model[at..(at + length)], system.ReadUncached(file, from + at, length));
                    break;
                case 2:
                    system.AcquireMain();
                    Assert.Equal(STATUS_SUCCESS, LittleFileSystem.FlushAndPurge(file, from + at, length, 0).Status);
                    system.ReleaseMainHere();
                    break;
                case 3:
                    CcFlushCache(system.Sections, null, 0, null);
                    break;
                case 4 or 5:
                    Assert.Equal(model[at..(at + length)], system.Read(file, from + at, length));
                    break;
                default:
                    system.Write(file, from + at, bytes);
                    bytes.CopyTo(model, at);
                    break;
            }
        }

        LittleFileSystem.Close(file);
    }

    private static void Play(int seed, int calls)
    {
        var random = new Random(seed);
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = random.Next(2) == 0 ? 64 * Pages.Bytes : 16 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        byte[] model = new byte[FileBytes];
        random.NextBytes(model);
        using var system = new LittleFileSystem(model, cache, setsLength: random.Next(2) == 0);
        system.EndsLater = random.Next(3) == 0;
        var files = new List<nint> { (nint)system.Open() };
        for (int i = 0; i < calls; i++)
        {
            var file = (FILE_OBJECT*)files[random.Next(files.Count)];
            int at = random.Next(model.Length + 3000), length = random.Next(3 * Pages.Bytes);
            byte[] bytes = [.. Enumerable.Repeat((byte)(i + 1), Math.Clamp(LengthMax - at, 0, length))];
            switch (random.Next(12))
            {
                case 0:
                    if (bytes.Length == 0) break;
                    system.WriteUncached(file, at, bytes);
                    Apply(ref model, at, bytes);
                    break;
                case 1:
                    Assert.Equal(Part(model, at, length), system.ReadUncached(file, at, length));
                    break;
                case 2:
                    int end = random.Next(LengthMax);
                    Assert.True(system.SetEndOfFile(file, end));
                    Array.Resize(ref model, end);
                    break;
                case 3:
                    files.Add((nint)system.Open());
                    break;
                case 4:
                    if (files.Count == 1) break;
                    files.Remove((nint)file);
                    LittleFileSystem.Close(file);
                    break;
                case 5:
                    _ = CcUninitializeCacheMap(file, null, null);
                    break;
                case 6:
                    system.AcquireMain();
                    Assert.Equal(STATUS_SUCCESS, CoherencyFixture.Raw(system.Sections, null, 0, 0).Status);
                    system.ReleaseMainHere();
                    CheckDisk(system, model);
                    break;
                case 7 or 8:
                    Assert.Equal(Part(model, at, length), system.Read(file, at, length));
                    break;
                default:
                    if (bytes.Length == 0) break;
                    system.Write(file, at, bytes);
                    Apply(ref model, at, bytes);
                    break;
            }
        }

        foreach (nint file in files) LittleFileSystem.Close((FILE_OBJECT*)file);
        CheckDisk(system, model);
    }

    /// <summary>What was ever written is on the disk; behind that its garbage is nobody's.</summary>
    private static void CheckDisk(LittleFileSystem system, byte[] model)
    {
        int valid = (int)system.Fcb->Header.ValidDataLength.QuadPart;
        Assert.Equal(model.Length, system.Length);
        Assert.Equal(model[..valid], system.Disk.Content[..valid]);
        Assert.All(model[valid..], static value => Assert.Equal(0, value));
    }

    private static byte[] Part(byte[] model, int at, int length) =>
        at >= model.Length ? [] : model[at..Math.Min(model.Length, at + length)];

    private static void Apply(ref byte[] model, int at, byte[] bytes)
    {
        if (at + bytes.Length > model.Length) Array.Resize(ref model, at + bytes.Length);
        bytes.CopyTo(model, at);
    }
}
