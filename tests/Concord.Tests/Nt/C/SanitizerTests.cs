namespace Concord.Tests.Nt.C;

/// <summary>
/// C programs under the compiler's sanitizers: clean with the library in the process, but for what the suppressions of
/// the package list; and a fault of the program's own is found all the same.
/// </summary>
[Collection(nameof(NativeCollection))]
public sealed class SanitizerTests(NativePackage package)
{
    private const string AddressAndUndefined = "address,undefined", Threads = "thread";

    public static TheoryData<string, string> Programs
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string sanitizer in (string[])[AddressAndUndefined, Threads])
            {
                foreach (string program in (string[])
                    ["hosted.c", "views.c", "seh.c", "nothing.c", "family.c", "many.c", "coherency.c"])
                {
                    all.Add(sanitizer, program);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_program_with_the_library_is_clean(string sanitizer, string program)
    {
        NativePackage.Need();
        string folder = package.NewFolder($"{program} {sanitizer}");
        string[] arguments = program switch
        {
            "coherency.c" => [folder, "5"],
            "many.c" => [Path.Combine(folder, "file"), "20"],
            _ => [Path.Combine(folder, "file")],
        };
        var (code, output) = Run(sanitizer, program, arguments);
        Assert.True(code == 0, $"{program} under {sanitizer} ended with {code}:\n{output}");
        Assert.DoesNotContain("runtime error", output, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING: ThreadSanitizer", output, StringComparison.Ordinal);
        Assert.DoesNotContain("ERROR: ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AddressAndUndefined, "overrun", "heap-buffer-overflow")]
    [InlineData(AddressAndUndefined, "overflow", "signed integer overflow")]
    [InlineData(Threads, "race", "data race")]
    public void A_fault_of_the_programs_own_is_found_beside_the_library(string sanitizer, string fault, string said)
    {
        NativePackage.Need();
        var (code, output) = Run(sanitizer, "faulty.c", [fault]);
        Assert.NotEqual(0, code);
        Assert.Contains(said, output, StringComparison.Ordinal);
    }

    private (int Code, string Output) Run(string sanitizer, string program, string[] arguments)
    {
        string share = Path.Combine(package.Prefix, "share/concord");
        string built = package.Compile(program, $"-fsanitize={sanitizer}", "-g", "-fno-sanitize-recover=undefined");
        return NativePackage.TryRun(built, arguments,
            ("LD_LIBRARY_PATH", Path.Combine(package.Prefix, "lib")),
            ("LSAN_OPTIONS", $"suppressions=\"{share}/lsan.supp\""),
            ("TSAN_OPTIONS", $"suppressions=\"{share}/tsan.supp\""));
    }
}
