using System.Diagnostics;

namespace Concord.Tests.Nt.C;

/// <summary>
/// The sample file system in C: what a flush said is there after a kill, whatever else there is was once there, and
/// each block belongs to one file or is free.
/// </summary>
[Collection(nameof(NativeCollection))]
public sealed class FileSystemTests(NativePackage package)
{
    [Fact]
    public void After_a_kill_there_is_what_was_flushed_and_the_rest_is_old_or_new()
    {
        NativePackage.Need();
        var program = new FileSystemProgram(package);
        int seeds = TestRun.IsFull ? 200 : 4, kills = 0;
        foreach (int threads in (int[])[1, 4, 8])
        {
            for (int seed = 1; seed <= seeds; seed++)
                kills += program.Play(seed, threads, rounds: 5, calls: TestRun.IsFull ? 400 : 150);
        }

        Assert.True(kills > seeds, $"{kills} kills");
        Figures.Record("C", "kills of a file system in C", $"{kills} kills, nothing lost", "nothing lost");
    }

    [Fact]
    public void After_a_loss_of_power_there_is_what_was_flushed_and_the_rest_is_old_or_new()
    {
        NativePackage.Need();
        var program = new FileSystemProgram(package, losesPower: true);
        int seeds = TestRun.IsFull ? 300 : 6, losses = 0;
        foreach (int threads in (int[])[1, 4])
        {
            for (int seed = 1; seed <= seeds; seed++)
                losses += program.Play(seed, threads, rounds: 5, calls: TestRun.IsFull ? 400 : 150, losesPower: true);
        }

        Assert.True(losses > seeds, $"{losses} losses");
        Figures.Record("C", "losses of power of a file system in C", $"{losses}, nothing lost", "nothing lost");
    }

    [Theory]
    [InlineData("address,undefined")]
    [InlineData("thread")]
    public void Sanitizers_find_nothing_but_what_is_listed(string sanitizer)
    {
        NativePackage.Need();
        SkipWithoutSanitizer(sanitizer);
        var program = new FileSystemProgram(package, sanitizer: sanitizer);
        int seeds = TestRun.IsFull ? 30 : 1;
        for (int seed = 1; seed <= seeds; seed++) program.Play(seed, threads: 4, rounds: 2, calls: 150);
    }

    [Theory]
    [InlineData("make")]
    [InlineData("cmake")]
    public void The_sample_is_built_as_its_page_says_and_keeps_files(string tool)
    {
        NativePackage.Need(tool);
        string folder = package.NewFolder($"sample by {tool}");
        foreach (string file in Directory.GetFiles(FileSystemProgram.Sample))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        (string, string) paths = ("PKG_CONFIG_PATH", Path.Combine(package.Prefix, "lib/pkgconfig"));
        string built = Path.Combine(folder, tool == "make" ? "" : "build");
        if (tool == "make")
            NativePackage.Run("make", ["-C", folder], paths);
        else
        {
            NativePackage.Run("cmake", ["-S", folder, "-B", built], paths);
            NativePackage.Run("cmake", ["--build", built], paths);
        }

        // A whole life of a file, each command a process of its own.
        string said = NativePackage.Run("sh", [
            "-ec",
            "cd \"$1\"; ./cfs image format 8; ./cfs image put text <\"$2\"; ./cfs image get text | cmp - \"$2\"; "
                + "./cfs image ls; ./cfs image check; ./cfs image rm text; ./cfs image ls; ./cfs image check",
            "sh", built, Path.Combine(Repository.Root, "LICENSE")]);
        Assert.Equal($"{new FileInfo(Path.Combine(Repository.Root, "LICENSE")).Length,12} text\n", said);

        // An error in words.
        var (code, why) = NativePackage.TryRun("sh", ["-c", "cd \"$1\" && ./cfs image get text", "sh", built], []);
        Assert.Equal((1, "cfs: get: there is no such file (c0000034)\n"), (code, why));
    }

    /// <summary>The compiler may come without a sanitizer's library.</summary>
    private static void SkipWithoutSanitizer(string sanitizer)
    {
        var start = new ProcessStartInfo("sh", [
            "-c", $"echo 'int main(void) {{ return 0; }}' | gcc -fsanitize={sanitizer} -xc - -o /dev/null"])
        {
            RedirectStandardError = true,
        };
        using var compiler = Process.Start(start)!;
        compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        Assert.SkipUnless(compiler.ExitCode == 0, $"gcc has no -fsanitize={sanitizer} here (Debian: libgcc-12-dev)");
    }
}
