using Concord.Caching;
using Concord.Tests.Stores;
using Concord.Tests.SystemCache;

namespace Concord.Tests.Caching;

/// <summary>Where the system gives little, the cache goes on with what there is, and says what is missing.</summary>
public sealed class LimitTests
{
    [Fact]
    public void Without_a_descriptor_for_more_memory_idle_files_give_theirs_up() =>
        Assert.Equal("300 files, the view shows 1", Use("descriptors of memory", needsViews: true));

    [Fact]
    public void Without_a_descriptor_for_a_file_itself_idle_files_give_theirs_up() =>
        Assert.Equal("1 2 3 0 4", Use("descriptors of files", needsViews: true));

    [Fact]
    public void Without_address_space_for_another_file_idle_files_give_theirs_up() =>
        Assert.Equal("60 files, the view shows 0", Use("address space", needsViews: true));

    [Fact]
    public void Where_files_may_not_be_that_long_memory_is_private_and_nobody_gets_a_signal() =>
        Assert.Equal("PrivateSection, 1 2, no view", Use("length of files", needsViews: true));

    [Fact]
    public void Where_memory_with_a_descriptor_is_refused_memory_is_private() =>
        Assert.Equal("PrivateSection, 1 2, no view", Use("memory with a descriptor", needsViews: true));

    [Fact]
    public void A_page_for_which_there_is_no_memory_to_assemble_it_is_told_and_comes_when_there_is_some() =>
        Assert.Equal(
            "no memory, no memory, no memory, no memory, then done, done",
            Use("memory to assemble pages in", needsViews: true));

    [Fact]
    public void A_view_that_gets_no_thread_says_so_and_the_next_one_asks_for_threads_again()
    {
        string said = Use("threads", needsViews: true);
        Assert.Contains("threads that answer its page faults", said);
        Assert.EndsWith("then the view shows 1", said);
    }

    [Fact]
    public void A_view_beyond_what_a_cache_reaches_is_refused()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64L * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        string why = cache.Services.Views.Faults.UnsupportedReason;
        Assert.SkipWhen(why.Length > 0, $"views: {why}");
        using var file = cache.Open(new ZeroStore(2 * FileState.LengthMax));
        foreach (long end in new[] { FileState.LengthMax + 1, 2 * FileState.LengthMax })
        {
            var range = ByteRange.FromBounds(FileState.LengthMax - Pages.Bytes, end);
            var error = Assert.Throws<IOException>(() => file.MapView(range));
            Assert.Contains("read it uncached", error.Message);
        }
    }

    private static string Use(string what, bool needsViews)
    {
        ProcessSections.RequireLinux();
        string why = PageFaultDispatcher.Shared.UnsupportedReason;
        Assert.SkipWhen(needsViews && why.Length > 0, $"views: {why}");
        using var child = new ChildProcess(LimitedHost.Name, what);
        return child.Finish().TrimEnd();
    }
}
