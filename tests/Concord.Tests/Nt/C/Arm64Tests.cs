namespace Concord.Tests.Nt.C;

/// <summary>
/// The tarball for Arm64, built on another processor with that one's compiler, and used by programs that an emulator
/// runs. An emulator proves what the code does, and nothing of its speed. It has no userfaultfd, so that views are left
/// out, and its children by a raw clone keep the page that the kernel wipes, so that forks are left out too.
/// </summary>
[Collection(nameof(NativeCollection))]
public sealed class Arm64Tests(NativePackage package)
{
    private const string Compiler = "aarch64-linux-gnu-gcc", Emulator = "qemu-aarch64-static";

    [Fact]
    public void The_tarball_for_Arm64_is_built_here_and_works_under_emulation()
    {
        NativePackage.Need(Compiler, Emulator, "readelf");
        string prefix = package.Pack("linux-arm64");
        string library = Path.Combine(prefix, "lib", "libconcord.so.0");
        Assert.Contains("AArch64", NativePackage.Run("readelf", ["-h", library]), StringComparison.Ordinal);
        var exported = NativePackage.Run("readelf", ["--dyn-syms", "-W", library]).Split('\n')
            .Where(static line => line.Contains("@@CONCORD_0.2", StringComparison.Ordinal))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[7].Split('@')[0])
            .Order(StringComparer.Ordinal);
        Assert.Equal(ExportTests.DeclaredIn(Path.Combine(prefix, "include/concord")), exported);

        string folder = package.NewFolder("arm64");
        foreach (string program in (string[])["hosted.c", "views.c", "seh.c", "many.c"])
        {
            string output = Path.Combine(folder, Path.GetFileNameWithoutExtension(program));
            NativePackage.Run(Compiler, [
                "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", $"-I{prefix}/include/concord",
                Path.Combine(CCompiler.Programs, program), $"-L{prefix}/lib", "-lconcord", "-ldl", "-lpthread",
                "-o", output]);
            string printed = NativePackage.Run(Emulator, [
                "-L", "/usr/aarch64-linux-gnu", "-E", $"LD_LIBRARY_PATH={prefix}/lib", output,
                Path.Combine(folder, program + " file"), .. program == "many.c" ? (string[])["20"] : []]);
            Assert.Equal(program == "many.c" ? "16 320 -\n" : "done\n", printed);
        }
    }
}
