using System.Runtime.InteropServices;
using Concord.Caching;
using Concord.Tests.Interop;
using Concord.Tests.SystemCache.Children;

namespace Concord.Tests.Caching.Views;

/// <summary>What is around a view: copies of the process, an ordinary user, a system that refuses.</summary>
public sealed class SurroundingsTests
{
    private const int BadAddress = 14, Worked = 255, NotPermitted = 1, UserfaultfdNumber = 323;

    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    [InlineData(ViewAccess.CopyOnWrite)]
    [InlineData(ViewAccess.LeasedRead)]
    public void A_copy_of_the_process_sees_nothing_of_a_view(ViewAccess access)
    {
        RequireX64();
        using var fixture = new ViewFixture(Pages.Of(1, 4));
        using var file = new TempFile();
        using var view = fixture.Map(access);
        NativeMemory.Read(view, 0, 4 * Pages.Bytes);
        nint ordinary = Marshal.AllocHGlobal(8);

        Assert.Equal(BadAddress, NativeFork.Find(view.Address, file.Handle.DangerousGetHandle()));
        Assert.Equal(Worked, NativeFork.Find(ordinary, file.Handle.DangerousGetHandle()));
        Assert.Equal(1, NativeMemory.ReadByte(view, 0));
        Marshal.FreeHGlobal(ordinary);
    }

    /// <summary>What a child prints that ends well; its errors are the failure's message.</summary>
    private static string OutputOfChild(string name)
    {
        using var child = Child.StartWithErrors(name);
        string output = child.StandardOutput.ReadToEnd();
        string errors = child.StandardError.ReadToEnd();
        child.WaitForExit();

        Assert.True(child.ExitCode == 0, errors);
        return output;
    }

    [Fact]
    public void An_ordinary_user_has_views_and_prefaults_what_goes_to_the_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "views need userfaultfd");
        string output = OutputOfChild("view-as-nobody");

        Assert.Contains("read 1, stored 2, purged 3, prefaulted call 100", output);
        if (output.StartsWith("UserModeOnly", StringComparison.Ordinal))
            Assert.Contains("call on an absent page -1", output);
        else Assert.Contains("call on an absent page 100", output);
    }

    [Fact]
    public void Where_the_system_refuses_every_form_the_message_says_what_to_set_and_the_rest_works()
    {
        RequireX64();
        string output = OutputOfChild("view-refused");

        Assert.Contains("vm.unprivileged_userfaultfd=1", output);
        Assert.Contains("/dev/userfaultfd", output);
        Assert.Contains("LeasedRead", output);
        Assert.EndsWith("leased 1, stored 2", output.TrimEnd());
    }

    /// <summary>Uses views once as the user that started it, so that all is loaded, and then as nobody.</summary>
    internal static int UseAsNobody()
    {
        Use(PageFaultDispatcher.Open());
        if (Environment.IsPrivilegedProcess) AsNobodyChild.Become(AsNobodyChild.Nobody);
        Console.WriteLine(Use(PageFaultDispatcher.Open()));
        return 0;
    }

    internal static int UseWhereRefused()
    {
        UseWithout(PageFaultDispatcher.Refused("not yet"));
        if (Environment.IsPrivilegedProcess) AsNobodyChild.Become(AsNobodyChild.Nobody);
        SystemCallFilter.Refuse(UserfaultfdNumber, NotPermitted);
        Console.WriteLine(UseWithout(PageFaultDispatcher.Open()));
        return 0;
    }

    private static string Use(PageFaultDispatcher dispatcher)
    {
        using var fixture = new ViewFixture(Pages.Of(1, 40), dispatcher: dispatcher);
        using var file = new TempFile();
        using var view = fixture.Map(ViewAccess.ReadWrite);
        long absent = Native.Pwrite(file.Handle, view.Address + (30 * Pages.Bytes), 100, 0);
        byte read = NativeMemory.ReadByte(view, 0);
        NativeMemory.Write(view, 0, [2]);
        fixture.File.FlushAndPurge();
        byte stored = fixture.Store.Content[0];
        fixture.Store.Put(0, 3);
        byte purged = NativeMemory.ReadByte(view, 0);
        if (purged == 2 && fixture.File.FlushAndPurge().IsComplete) purged = NativeMemory.ReadByte(view, 0);
        view.Prefault(Pages.Range(20));
        long prefaulted = Native.Pwrite(file.Handle, view.Address + (20 * Pages.Bytes), 100, 0);
        return $"{dispatcher.Faults.Form}: call on an absent page {absent}, read {read}, stored {stored}, purged "
            + $"{purged}, "
            + $"prefaulted call {prefaulted}";
    }

    private static string UseWithout(PageFaultDispatcher dispatcher)
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        cache.Services.Views.Faults = dispatcher;
        var store = new ScriptedStore(Pages.Of(1, 4));
        using var file = cache.Open(store);
        string message = "";
        try
        {
            file.MapView(Pages.Range(0)).Dispose();
        }
        catch (PlatformNotSupportedException error)
        {
            message = error.Message;
        }

        using var view = file.MapView(Pages.Range(0, 4), ViewAccess.LeasedRead);
        byte leased = NativeMemory.ReadByte(view, 0);
        file.Write(Pages.Bytes, [2]);
        file.FlushAndPurge(CoherencyOptions.NoPurge);
        return $"{message}; leased {leased}, stored {store.Content[Pages.Bytes]}";
    }

    private static void RequireX64()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(),
            SkipPolicy.OtherSystem + "copies of the process and filters of calls are Linux's");
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64,
            SkipPolicy.OtherProcessor + "machine code and numbers of x64");
    }
}
