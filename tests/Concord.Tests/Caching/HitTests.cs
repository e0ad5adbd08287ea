using System.Reflection;
using Concord.Memory;

namespace Concord.Tests.Caching;

/// <summary>What is in memory is read and written without allocation, lock or system call.</summary>
public sealed class HitTests
{
    private const int Hits = 10_000;

    [Fact]
    public void A_hit_allocates_nothing()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        byte[] bytes = new byte[2 * Pages.Bytes];
        Hit(test.File, bytes, 100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Hit(test.File, bytes, Hits);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_hit_takes_no_lock_of_the_cache()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        byte[] bytes = new byte[2 * Pages.Bytes];
        using var ready = new ManualResetEventSlim();
        using var taken = new ManualResetEventSlim();
        using var done = new ManualResetEventSlim();
        var hitter = new Thread(() =>
        {
            // A thread's first copy announces the thread to the cache, once.
            Hit(test.File, bytes, 100);
            ready.Set();
            taken.Wait();
            Hit(test.File, bytes, Hits);
        });
        hitter.Start();
        ready.Wait(TestContext.Current.CancellationToken);
        var locks = LocksOf(test.Cache, test.File);
        Assert.Contains(locks, found => found is Extent);
        Assert.True(locks.Count(found => found is Lock) > 5, $"{locks.Count} locks were found");

        // Somebody else has every lock that the cache can take: a hit that wanted one would never end.
        var holder = new Thread(() =>
        {
            foreach (object found in locks) Take(found);
            taken.Set();
            done.Wait();
            foreach (object found in locks) LetGo(found);
        });
        holder.Start();
        bool ended = hitter.Join(TimeSpan.FromSeconds(60));
        done.Set();
        holder.Join();
        hitter.Join();
        Assert.True(ended, "a hit waited for a lock");
    }

    [Fact]
    public void A_hit_makes_no_system_call()
    {
        Assert.Empty(TracedChild.CallsBetweenMarks("cache-hits"));
    }

    /// <summary>The child: many hits on a real file between two calls that a trace shows.</summary>
    internal static int Child()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Pages.Of(1, 8));
            using var cache = new FileCache(
                new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
            using var file = cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            byte[] bytes = new byte[2 * Pages.Bytes];
            Hit(file, bytes, 1000);
            TracedChild.MarkBegin();
            Hit(file, bytes, Hits);
            TracedChild.MarkEnd();
            Console.WriteLine("done");
            return 0;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Hit(CachedFile file, byte[] bytes, int times)
    {
        if (times <= 1000) file.Read(0, new byte[8 * Pages.Bytes]);
        for (int i = 0; i < times; i++)
        {
            int offset = i % 5 * 1001;
            Require(file.Read(offset, bytes) == bytes.Length);
            file.Write(offset, bytes);
            var read = file.ReadAsync(offset, bytes);
            Require(read.IsCompletedSuccessfully && read.Result == bytes.Length);
            Require(file.WriteAsync(offset, bytes).IsCompletedSuccessfully);
            Require(file.TryRead(offset, bytes, out int count) && count == bytes.Length);
            Require(file.TryWrite(offset, bytes));
        }
    }

    private static void Require(bool isHit)
    {
        if (!isHit) throw new InvalidOperationException("not a hit");
    }

    /// <summary>Every object that the library's code could lock: its own, its gates, and its static ones.</summary>
    private static List<object> LocksOf(params object[] roots)
    {
        var statics = typeof(CachedFile).Assembly.GetTypes().Where(type => !type.ContainsGenericParameters)
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
            .Where(field => !field.FieldType.IsPointer && !field.FieldType.IsValueType
                && !field.IsDefined(typeof(ThreadStaticAttribute)))
            .Select(field => field.GetValue(null)).OfType<object>();
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object>(roots.Concat(statics));
        while (open.TryPop(out object? next))
        {
            if (next is string or MemberInfo or Delegate or Thread or Array { Length: > 10_000 } || !seen.Add(next))
                continue;
            if (next is Array array && !array.GetType().GetElementType()!.IsValueType && array.Rank == 1)
            {
                foreach (object? element in array)
                {
                    if (element is not null) open.Push(element);
                }
            }

            for (var type = next.GetType(); type is not null; type = type.BaseType)
            {
                foreach (var field in type.GetFields(
                    BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
                {
                    if (!field.FieldType.IsPointer && !field.FieldType.IsValueType && field.GetValue(next) is { } value)
                        open.Push(value);
                }
            }
        }

        return [.. seen.Where(found => found is Lock || found.GetType() == typeof(object)
            || found.GetType().Assembly == typeof(CachedFile).Assembly)];
    }

    private static void Take(object found)
    {
        if (found is Lock gate) gate.Enter();
        else Monitor.Enter(found);
    }

    private static void LetGo(object found)
    {
        if (found is Lock gate) gate.Exit();
        else Monitor.Exit(found);
    }
}
