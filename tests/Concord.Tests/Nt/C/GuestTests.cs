using System.Globalization;
using Concord.Nt;

namespace Concord.Tests.Nt.C;

/// <summary>The library as a guest in somebody else's process: it costs little and changes nothing.</summary>
[Collection(nameof(NativeCollection))]
public sealed class GuestTests(NativePackage package)
{
    [Fact]
    public void Signals_threads_and_descriptors_of_the_program_stay_its_own_and_the_library_stays_loaded()
    {
        NativePackage.Need();
        string file = Path.Combine(package.NewFolder("files"), "guest");

        // Longer than the lazy writer waits: it meets the limit of a file's size while the program sleeps.
        string[] lines = package.RunHere(package.Compile("guest.c"), package.Library, file, "long").Split('\n');
        Assert.Equal("done", lines[1]);
        string[] counts = lines[0].Split(' ');
        Figures.Record("C", "threads of a process that uses libconcord.so", counts[1], "few");
        Figures.Record("C", "descriptors that it opens, with a file", counts[3], "few");
        Assert.InRange(int.Parse(counts[1], CultureInfo.InvariantCulture), 2, 16);
        Assert.InRange(int.Parse(counts[3], CultureInfo.InvariantCulture), 1, 16);
    }

    [Theory]
    [InlineData("space", "c0000142", "256 MiB of address space")]
    [InlineData("files", "c000009a", "Too many open files")]
    public void Where_the_process_has_little_a_routine_says_what_is_missing(string limit, string status, string why)
    {
        NativePackage.Need();
        string file = Path.Combine(package.NewFolder("files"), "little");
        string said = package.RunHere(package.Compile("little.c"), file, limit);
        Assert.StartsWith(status, said, StringComparison.Ordinal);
        Assert.Contains(why, said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_static_program_is_refused_by_the_linker()
    {
        NativePackage.Need();
        var (code, output) = NativePackage.TryRun("sh", [
            "-c", "eval \"gcc -static -xc - -o /dev/null $(pkg-config --cflags --libs concord)\" <<'E'\n"
                + "#include <concord.h>\nint main(void) { return ConcordStart(); }\nE\n"],
            ("PKG_CONFIG_PATH", Path.Combine(package.Prefix, "lib/pkgconfig")));
        Assert.NotEqual(0, code);
        Assert.Contains("concord", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_Concord_in_the_process_is_refused_a_file_that_the_first_one_writes()
    {
        NativePackage.Need();
        string said = RunChild("second");
        Assert.StartsWith(NTSTATUS.STATUS_SHARING_VIOLATION.ToString(), said, StringComparison.Ordinal);
        Assert.Contains("another Concord in this process", said, StringComparison.Ordinal);

        // And C has begun with a Concord of its own: it cannot be given another one any more.
        Assert.Contains("call this before its first call", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_copy_of_the_library_is_refused_a_file_that_the_first_one_writes_however_it_is_spelled()
    {
        NativePackage.Need();
        string files = package.NewFolder("twice"), copy = Path.Combine(files, "libother.so");
        File.Copy(package.Library, copy);
        string said = package.RunHere(
            package.Compile("twice.c"), package.Library, copy,
            Path.Combine(files, "file"), $"{files}/../{Path.GetFileName(files)}/./file");
        Assert.EndsWith("done\n", said, StringComparison.Ordinal);
        Assert.Contains("another Concord in this process", said, StringComparison.Ordinal);
    }

    [Fact]
    public void In_a_NET_program_C_uses_the_programs_cache()
    {
        NativePackage.Need();
        Assert.Equal("shared", RunChild("shared"));
    }

    private string RunChild(string how)
    {
        string path = Path.Combine(package.NewFolder("files"), how);
        using var child = Child.Start(ProvidedChild.Name, package.Library, path, how);
        string said = child.StandardOutput.ReadToEnd().Trim();
        child.WaitForExit();
        Assert.Equal(0, child.ExitCode);
        return said;
    }
}
