using Concord.Interop;
using Concord.Tests.Stores;

namespace Concord.Tests.Interop;

/// <summary>A descriptor is open as long as somebody uses its number, whoever disposes its handle.</summary>
public sealed class HandleUseTests
{
    [Fact]
    public void A_handle_that_is_disposed_beside_a_use_of_its_number_ends_with_the_use()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "open descriptors are listed by Linux");
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "file");
        File.WriteAllBytes(path, [1]);
        var handle = File.OpenHandle(path);
        using (var use = new HandleUse(handle))
        {
            handle.Dispose();
            Assert.Equal(path, new FileInfo($"/proc/self/fd/{use.Value}").LinkTarget);
        }

        Assert.Throws<ObjectDisposedException>(() => new HandleUse(handle).Dispose());
    }
}
