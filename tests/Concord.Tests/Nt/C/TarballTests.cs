using Concord.Tests.Packaging;

namespace Concord.Tests.Nt.C;

/// <summary>The tarball in the hands of a C programmer who has no .NET: found, compiled against, installed.</summary>
[Collection(nameof(NativeCollection))]
public sealed class TarballTests(NativePackage package)
{
    [Fact]
    public void A_program_is_built_by_pkg_config_and_runs_without_NET()
    {
        NativePackage.Need();
        Assert.Contains(
            $"\nVersion: {LocalFeed.Version}\n",
            File.ReadAllText(Path.Combine(package.Prefix, "lib/pkgconfig/concord.pc")), StringComparison.Ordinal);
        string file = Path.Combine(package.NewFolder("files"), "first");
        string printed = package.RunHere(package.Compile("first.c"), file);
        Assert.StartsWith("start 00000000", printed, StringComparison.Ordinal);
        Assert.Contains("close 00000000 -", printed, StringComparison.Ordinal);
        Figures.Record("C", "starting libconcord.so", printed.Split(' ')[2] + " s", "some milliseconds");
    }

    [Theory]
    [InlineData("many.c", "100", "16 1600 -\n")]
    [InlineData("nothing.c", "", "done\n")]
    [InlineData("hosted.c", "", "done\n")]
    [InlineData("callbacks.c", "", "done\n")]
    [InlineData("views.c", "", "done\n")]
    [InlineData("seh.c", "", "done\n")]
    [InlineData("threadlocal.c", "", "done\n")]
    [InlineData("fork.c", "", "done\n")]
    [InlineData("fork.c", "exit", "done\n")]
    public void What_holds_of_the_routines_holds_of_the_library(string program, string argument, string expected)
    {
        NativePackage.Need();
        string file = Path.Combine(package.NewFolder("files"), program + argument);
        string[] arguments = argument.Length > 0 ? [file, argument] : [file];
        Assert.Equal(expected, package.RunHere(package.Compile(program), arguments));
    }

    [Theory]
    [InlineData("end", "worked ended\n")]
    [InlineData("late", "worked ended\n")]
    [InlineData("signal", "worked signal ended\n")]
    public void A_process_whose_main_thread_has_left_ends_with_its_last_thread(string mode, string expected)
    {
        NativePackage.Need();
        Assert.Equal(expected, package.RunHere(package.Compile("leaving.c", "-DWITH_LIBRARY"), mode));
    }

    [Theory]
    [InlineData("atexit", "A.")]
    [InlineData("destructor", ".D")]
    [InlineData("both", "AD")]
    public void What_is_written_while_the_process_ends_is_in_the_file(string mode, string expected)
    {
        NativePackage.Need();
        string file = Path.Combine(package.NewFolder("files"), "late");
        Assert.Equal("", package.RunHere(package.Compile("late.c"), file, mode));
        Assert.Equal(expected, File.ReadAllText(file));
    }

    [Fact]
    public void The_whole_family_works_and_another_process_finds_what_was_flushed()
    {
        NativePackage.Need();
        string folder = package.NewFolder("family");
        string[] lines = package.RunHere(package.Compile("family.c"), Path.Combine(folder, "family")).Split('\n');
        Assert.Equal("done", lines[1]);
        Figures.Record(
            "C", "CcCopyRead of 64 bytes in memory, libconcord.so", $"{lines[0]["copy ".Length..]} ns", "about 60 ns");
        Assert.Equal("done\n", package.RunHere(package.Compile("coherency.c"), folder, "25"));
    }

    [Fact]
    public void A_program_is_built_by_CMake_and_another_minor_version_is_refused()
    {
        NativePackage.Need("cmake");
        string project = package.NewFolder("cmake project");
        string source = Path.Combine(CCompiler.Programs, "nothing.c");
        File.WriteAllText(Path.Combine(project, "CMakeLists.txt"), $"""
            cmake_minimum_required(VERSION 3.16)
            project(Uses C)
            find_package(Concord ${"{WANTED}"} REQUIRED)
            add_executable(uses "{source}")
            target_link_libraries(uses Concord::concord)
            """);
        Assert.Equal(0, Configure("0.2").Code);
        NativePackage.Run("cmake", ["--build", Path.Combine(project, "0.2")]);
        Assert.Equal(
            "done\n", NativePackage.Run(Path.Combine(project, "0.2", "uses"), [Path.Combine(project, "file")]));
        foreach (string wanted in (string[])["0.1", "0.3", "1.0", "0.2.99"])
            Assert.NotEqual(0, Configure(wanted).Code);

        (int Code, string Output) Configure(string wanted) => NativePackage.TryRun(
            "cmake",
            ["-S", project, "-B", Path.Combine(project, wanted), $"-DWANTED={wanted}",
                $"-DCMAKE_PREFIX_PATH={package.Prefix}"]);
    }

    [Fact]
    public void Only_what_the_headers_declare_is_exported_each_with_a_version()
    {
        NativePackage.Need("nm");
        var exported = NativePackage.Run("nm", ["-D", "--defined-only", package.Library]).Split('\n')
            .Select(static line => line.Split(' ')).Where(static parts => parts is [_, not "A", _])
            .Select(static parts => parts[2]).ToList();
        Assert.All(exported, static symbol => Assert.EndsWith("@@CONCORD_0.2", symbol, StringComparison.Ordinal));
        Assert.Equal(
            ExportTests.DeclaredIn(Path.Combine(package.Prefix, "include/concord")),
            exported.Select(static symbol => symbol.Split('@')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Another_programs_types_and_names_are_not_the_librarys()
    {
        NativePackage.Need("nm");

        // What the C library does not have, or the compiler brings: anything else would be found in somebody's program.
        string needed = NativePackage.Run("nm", ["-D", "--undefined-only", package.Library]);
        Assert.DoesNotContain("dotnet", needed, StringComparison.OrdinalIgnoreCase);
        string dynamic = NativePackage.Run("readelf", ["-d", package.Library]);
        Assert.Contains("[libconcord.so.0]", dynamic, StringComparison.Ordinal);
        Assert.Contains("NODELETE", dynamic, StringComparison.Ordinal);
        Assert.DoesNotContain("libstdc++", dynamic, StringComparison.Ordinal);
    }
}
