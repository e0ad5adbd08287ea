namespace Concord.Tests.House;

/// <summary>Each rule catches what is planted, on the line where it stands, and lets the right form pass.</summary>
[Collection(SideBySide.Texts)]
public sealed class RuleTests
{
    private const string Product = "src/Concord/Coherency/Planted.cs";

    [Theory]
    [InlineData("Interop", "Coherency")]
    [InlineData("Coherency", "Processor")]
    [InlineData("Processor", "SystemCache")]
    [InlineData("Stores", "Memory/Pages")]
    [InlineData("Memory/Pages", "Memory/Sections")]
    [InlineData("Memory/Sections", "Memory/Pins")]
    [InlineData("Memory/Pins", "Caching/Cache")]
    [InlineData("Caching/Cache", "Caching/File")]
    [InlineData("Caching/File", "Caching/Views")]
    [InlineData("Caching/Copying", "Caching/Leases")]
    [InlineData("Caching/Views", "Files")]
    public void A_layer_that_names_one_above_or_beside_it_is_found(string lower, string higher)
    {
        var use = new HouseFile($"src/Concord/{lower}/User.cs",
            "namespace Concord.Low;\nclass User\n{\n    object Make() => new High.Thing();\n}\n");
        var thing = new HouseFile($"src/Concord/{higher}/Thing.cs", "namespace Concord.High;\nclass Thing { }\n");
        Assert.Equal($"src/Concord/{lower}/User.cs:4: {lower} names Thing of {higher}, which does not lie below it",
            Single(LayerRule.Check([use, thing])));
        Assert.Empty(LayerRule.Check(
            [new HouseFile($"src/Concord/{higher}/User.cs", use.Text), new HouseFile(
                "src/Concord/Interop/Thing.cs", thing.Text)]));
    }

    [Fact]
    public void A_layer_reached_without_its_name_is_found()
    {
        var use = new HouseFile("src/Concord/Interop/User.cs", "class User { void Go() { new object().Close(); } }\n");
        var high = new HouseFile("src/Concord/Caching/Views/High.cs",
            "static class High { public static void Close(this object it) { } }\n");
        Assert.Contains("names High of Caching/Views", Single(LayerRule.Check([use, high])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_no_layer_is_found() =>
        Assert.Contains("'Tools' is no layer", Single(
            LayerRule.Check([new HouseFile("src/Concord/Tools/A.cs", "class A { }\n")])), StringComparison.Ordinal);

    [Theory]
    [InlineData("src/Concord/Caching/A.cs", "'Caching' is no layer")]
    [InlineData("src/Concord/Memory/Cellar/A.cs", "'Memory/Cellar' is no layer")]
    public void A_file_in_no_room_is_found(string path, string finding) =>
        Assert.Contains(
            finding, Single(LayerRule.Check([new HouseFile(path, "class A { }\n")])), StringComparison.Ordinal);

    [Theory]
    [InlineData("Caching/File", 4, null)]
    [InlineData("Caching/File", 5, "5 types know each other in a ring, 4 may: T0, T1, T2, T3, T4")]
    [InlineData("Files", 8, null)]
    [InlineData("Files", 9, "9 types know each other in a ring, 8 may")]
    public void A_large_ring_of_types_is_found(string room, int types, string? finding)
    {
        var files = Enumerable.Range(0, types).Select(i => new HouseFile(
            $"src/Concord/{room}/T{i}.cs",
                $"class T{i} {{ void Go(T{(i + 1) % types} next) {{ }} class Inner {{ T{i}? _outer; }} }}\n"));
        var findings = CycleRule.Check(files);
        if (finding is null) Assert.Empty(findings);
        else Assert.Contains(finding, Single(findings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_ring_through_two_rooms_is_found() => Assert.Contains(
        "a ring of types goes through Caching/File, Caching/Views: A, B",
        Single(CycleRule.Check(
        [
            new HouseFile("src/Concord/Caching/File/A.cs", "class A { object Make() => new B(); }\n"),
            new HouseFile("src/Concord/Caching/Views/B.cs", "class B : A { }\n"),
        ])),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("src/Concord/Memory/A.cs", 1)]
    [InlineData("src/Concord/Interop/A.cs", 1)]
    [InlineData("src/Concord/Interop/Plan9/A.cs", 1)]
    [InlineData("src/Concord.Nt/Interop/Linux/A.cs", 0)]
    [InlineData("tests/Concord.Tests/Processor/A.cs", 1)]
    [InlineData("tests/Concord.Tests/Interop/A.cs", 0)]
    public void Imports_outside_their_folder_are_found(string path, int findings)
    {
        Assert.Equal(findings, ImportRule.Check(
            new HouseFile(path, "class A { [DllImport(\"c\")] static extern void F(); }\n")).Count());
        Assert.Equal(findings,
            ImportRule.Check(new HouseFile(path,
                "class A { [System.Runtime.InteropServices.LibraryImport(\"c\")] static partial void F(); }\n"))
                    .Count());
        Assert.Equal(findings, ImportRule.Check(
            new HouseFile(path, "class A { nint F() => NativeLibrary.Load(\"c\"); }\n")).Count());
        Assert.Equal(findings, ImportRule.Check(
            new HouseFile(path, "using static System.Runtime.InteropServices.NativeLibrary;\n")).Count());
        Assert.Equal(findings, ImportRule.Check(new HouseFile(
            path, "class A { object F(nint p) => Marshal.GetDelegateForFunctionPointer<Action>(p); }\n")).Count());
    }

    [Fact]
    public void A_second_import_in_a_file_is_found() => Assert.Equal(
        "src/Concord/Interop/Linux/A.cs:3: a second import in one file",
        Single(ImportRule.Check(new HouseFile("src/Concord/Interop/Linux/A.cs",
            "class A {\n[LibraryImport(\"c\")] static partial void F();\n[LibraryImport(\"c\")] static partial void "
                + "G(); }\n"))));

    [Fact]
    public void Overloads_of_one_import_may_share_a_file() => Assert.Empty(ImportRule.Check(new HouseFile(
        "src/Concord/Interop/Linux/A.cs",
        "class A {\n[LibraryImport(\"c\", EntryPoint = \"f\")] static partial void F();\n[LibraryImport(\"c\", "
            + "EntryPoint = \"f\")] static partial void F(int a); }\n")));

    [Theory]
    [InlineData("OperatingSystem.IsLinux()")]
    [InlineData("System.OperatingSystem.IsWindows()")]
    [InlineData("RuntimeInformation.IsOSPlatform(OSPlatform.Linux)")]
    public void A_library_that_asks_for_the_system_outside_Interop_is_found(string question)
    {
        string text = $"class A {{ bool F() => {question}; }}\n";
        Assert.Single(ImportRule.Check(new HouseFile(Product, text)));
        Assert.Empty(ImportRule.Check(new HouseFile("src/Concord/Interop/A.cs", text)));
        Assert.Empty(ImportRule.Check(new HouseFile("src/Concord.Cli/A.cs", text)));
    }

    [Fact]
    public void Long_files_and_methods_are_found()
    {
        string lines = string.Concat(Enumerable.Repeat("        Go();\n", 58));
        string method = $"class A\n{{\n    /// <summary>Not counted.</summary>\n    [Obsolete]\n    void F()\n    "
            + $"{{\n{lines}    }}\n}}\n";
        Assert.Equal($"{Product}:5: 61 lines; a method has at most 60", Single(
            LengthRule.Check(new HouseFile(Product, method))));
        Assert.Empty(LengthRule.Check(new HouseFile("tests/A.cs", method)));
        Assert.Single(LengthRule.Check(new HouseFile(Product, string.Concat(Enumerable.Repeat("\n", 401)))));
        Assert.Empty(LengthRule.Check(new HouseFile(Product, string.Concat(Enumerable.Repeat("\n", 400)))));
        Assert.Single(LengthRule.Check(
            new HouseFile("benchmarks/B/Program.cs", string.Concat(Enumerable.Repeat("Go();\n", 61)))));
        Assert.Single(LengthRule.Check(new HouseFile(
            Product, $"class A\n{{\n    int P\n    {{\n        get\n        {{\n{lines}        }}\n    }}\n}}\n")));
    }

    [Theory]
    [InlineData("internal void F() { Mask |= 1; CheckLocked(); }", 0)]
    [InlineData("internal void F() { CheckLocked(); Mask |= 1; }", 1)]
    [InlineData("internal void F() => Mask = 0;", 1)]
    [InlineData("internal void F() { G(); ChangedLocked(); } private void G() => Mask = 0;", 0)]
    [InlineData("internal void F() { G(); } private void G() => Mask = 0;", 1)]
    [InlineData("} class Other { void F(Leaf leaf) { Volatile.Read(ref leaf.Dirty(1)); }", 0)]
    [InlineData("} class Other { void F(Leaf leaf) { leaf.Dirty(1) = 0; }", 1)]
    public void Changes_of_masks_that_nobody_checks_are_found(string members, int findings)
    {
        string text = $"class Extent {{ ulong Mask {{ get; private set; }} {members} }}\n";
        Assert.Equal(findings, MaskRule.Check([new HouseFile(Product, text)]).Count());
    }

    [Fact]
    public void Long_lines_are_found()
    {
        Assert.Empty(LineRule.Check(new HouseFile(Product, new string('x', 120) + "\n")));
        Assert.Equal($"{Product}:2: 121 characters; a line has at most 120",
            Single(LineRule.Check(new HouseFile(Product, $"\n{new string('x', 121)}\n"))));
    }

    [Theory]
    [InlineData("Task.Run(F)")]
    [InlineData("System.Threading.Tasks.Task.Run(F)")]
    [InlineData("new Thread(F)")]
    [InlineData("new System.Threading.Thread(F)")]
    [InlineData("DateTime.Now")]
    [InlineData("DateTime.UtcNow.Ticks")]
    [InlineData("Random.Shared.Next()")]
    [InlineData("new Random()")]
    [InlineData("Thread.Sleep(1)")]
    [InlineData("GC.Collect()")]
    [InlineData("Console.Out.WriteLine()")]
    [InlineData("Console.WriteLine()")]
    public void Banned_calls_are_found(string call) =>
        Assert.StartsWith($"{Product}:3: ", Single(BannedCallRule.Check(
            new HouseFile(Product, $"class A\n{{\n    object G() => {call};\n}}\n"))), StringComparison.Ordinal);

    [Theory]
    [InlineData("class A { Thread _thread = new(F); }\n")]
    [InlineData("class A { void G() { Thread thread = new(F); } }\n")]
    [InlineData("using static System.Threading.Tasks.Task;\n")]
    [InlineData("using T = System.Threading.Thread;\n")]
    public void Banned_calls_in_disguise_are_found(string text) =>
        Single(BannedCallRule.Check(new HouseFile(Product, text)));

    [Fact]
    public void Chance_with_a_seed_is_no_banned_call() =>
        Assert.Empty(BannedCallRule.Check(
            new HouseFile(Product, "class A { Random _random = new(1); object G() => new Random(1); }\n")));

    [Fact]
    public void Tests_may_start_threads_but_never_sleep()
    {
        Assert.Empty(BannedCallRule.Check(new HouseFile("tests/A.cs", "class A { object G() => new Thread(F); }\n")));
        Assert.Single(BannedCallRule.Check(new HouseFile("tests/A.cs", "class A { void G() => Thread.Sleep(1); }\n")));
        Assert.Single(
            BannedCallRule.Check(new HouseFile("tests/A.cs", "class A { async Task G() => await Task.Delay(1); }\n")));
        Assert.Empty(BannedCallRule.Check(
            new HouseFile("src/Concord.Cli/A.cs", "class A { void G() => Console.WriteLine(); }\n")));
    }

    [Theory]
    [InlineData("catch { }", 1)]
    [InlineData("catch (IOException) { }", 1)]
    [InlineData("catch (IOException) { /* it is fine */ }", 1)]
    [InlineData("catch (OperationCanceledException) { }", 1)]
    [InlineData("catch (OperationCanceledException) {\n// The caller sees the request.\n}", 0)]
    [InlineData("catch { Undo(); }", 1)]
    [InlineData("catch (Exception) { Undo(); }", 1)]
    [InlineData("catch (System.Exception error) { Undo(); }", 1)]
    [InlineData("catch { Undo(); throw; }", 0)]
    [InlineData("catch (Exception error) { Report(error); }", 0)]
    [InlineData("catch (IOException) { return false; }", 0)]
    [InlineData("catch (Exception error) when (error is IOException) { return false; }", 0)]
    public void A_catch_that_hides_is_found(string clause, int findings) =>
        Assert.Equal(findings, CatchRule.Check(
            new HouseFile(Product, $"class A {{ bool F() {{ try {{ G(); }} {clause} return true; }} }}\n")).Count());

    [Theory]
    [InlineData("#if DEBUG\nclass A { }\n#endif\n", 1)]
    [InlineData("class A\n{\n#if WINDOWS\n    int _a;\n#elif LINUX\n    int _b;\n#endif\n}\n", 2)]
    [InlineData("#region A\nclass A { }\n#endregion\n", 1)]
    [InlineData("#pragma warning disable CA1000 // the runtime asks for this shape\nclass A { }\n", 0)]
    public void Conditional_code_is_found(string text, int findings) =>
        Assert.Equal(findings, DirectiveRule.Check(new HouseFile(Product, text)).Count());

    [Theory]
    [InlineData("namespace Concord;\ninternal class PageManager { }\n", 1)]
    [InlineData("namespace Concord;\ninternal struct FileInfo { }\n", 1)]
    [InlineData("namespace Concord;\ninternal enum PageUtils { }\n", 1)]
    [InlineData("namespace Concord;\ninternal record ExtentData(int A);\n", 1)]
    [InlineData("namespace Concord;\ninternal class Metadata { }\n", 0)]
    [InlineData("namespace Concord.Coherency;\npublic class Page { }\n", 1)]
    [InlineData("namespace Concord.Coherency;\ninternal class Page { }\n", 0)]
    [InlineData("namespace Concord;\npublic class Page { }\n", 0)]
    public void Empty_names_and_misplaced_public_types_are_found(string text, int findings) =>
        Assert.Equal(findings, NameRule.Check(new HouseFile(Product, text)).Count());

    [Theory]
    [InlineData("public void F(int a) { }", "F has no summary")]
    [InlineData("/// <summary>Does.</summary>\npublic void F(int a) { }", "F does not say what a is")]
    [InlineData("/// <summary>Does.</summary>\npublic void F() => throw new IOException();",
        "F does not say when it throws IOException")]
    [InlineData("/// <summary>Does.</summary>\npublic void F() { ObjectDisposedException.ThrowIf(true, this); }",
        "F does not say when it throws ObjectDisposedException")]
    [InlineData("/// <summary>Does.</summary>\n/// <param name=\"b\">B.</param>\npublic int this[int a] => a;",
        "the indexer does not say what a is")]
    [InlineData("/// <summary>Does.</summary>\nprotected C(int a) { }", "C does not say what a is")]
    [InlineData("/// <summary>A.</summary>\npublic record R(int A);", "R does not say what A is")]
    [InlineData(
        "/// <summary>Does.</summary>\n/// <param name=\"a\">A.</param>\n/// <exception "
            + "cref=\"System.IO.IOException\">Always.</exception>\npublic void F(int a) => throw new IOException();",
        null)]
    [InlineData("/// <inheritdoc/>\npublic void F(int a) { }", null)]
    [InlineData("/// <summary>Compares.</summary>\npublic static bool operator <(C left, C right) => true;", null)]
    [InlineData("internal void F(int a) => throw new IOException();", null)]
    [InlineData("public void F(int a) { }", null, "internal")]
    public void Missing_documentation_is_found(string member, string? finding, string access = "public")
    {
        var file = new HouseFile(
            Product, $"namespace Concord;\n/// <summary>A class.</summary>\n{access} class C\n{{\n{member}\n}}\n");
        if (finding is null) Assert.Empty(DocumentationRule.Check(file));
        else Assert.EndsWith(finding, Single(DocumentationRule.Check(file)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("// TO" + "DO: later\nclass A { }\n", 1)]
    [InlineData("class A\n{\n    /* FIX" + "ME */\n    int _a;\n}\n", 1)]
    [InlineData("/// <summary>A HA" + "CK.</summary>\nclass A { }\n", 1)]
    [InlineData("class A { void F() => throw new NotImplementedException(); }\n", 1)]
    [InlineData("class A { [Fact(Skip = \"later\")] public void F() { } }\n", 1)]
    [InlineData("class A { string F() => \"hackathon\"; } // a todolist\n", 0)]
    public void What_is_left_for_later_is_found(string text, int findings) =>
        Assert.Equal(findings, UnfinishedRule.Check(new HouseFile(Product, text)).Count());

    [Theory]
    [InlineData("a\r\nb\n", "1: lines end with LF alone")]
    [InlineData("a\nb", "2: the last line has no end")]
    [InlineData("a\n\n", "2: an empty line at the end")]
    [InlineData("a\ncd /ho" + "me/ann/src\n", "2: '/ho" + "me/ann' is a place on somebody's machine")]
    [InlineData("`/wo" + "rk/tree`\n", "1: '/wo" + "rk/tree' is a place on somebody's machine")]
    [InlineData("see ../sha" + "red/notes\n", "1: '../sha" + "red' is a place on somebody's machine")]
    [InlineData("C:\\Us" + "ers\\Ann\n", "1: 'C:\\Us" + "ers\\Ann' is a place on somebody's machine")]
    public void Unclean_text_is_found(string text, string finding) =>
        Assert.Equal($"README.md:{finding}", Single(TextRule.Check(new HouseFile("README.md", text))));

    [Theory]
    [InlineData("it may work/rest, at https://example.org/work/a, in src/home/page\n")]
    [InlineData("")]
    public void Clean_text_passes(string text) => Assert.Empty(TextRule.Check(new HouseFile("README.md", text)));

    [Theory]
    [InlineData("[a](other.md)", null)]
    [InlineData("[a](other.md#the-2nd-part)", null)]
    [InlineData("[a](../docs/other.md)", null)]
    [InlineData("[a](#top)", null)]
    [InlineData("[a](https://example.org/nowhere.md)", null)]
    [InlineData("```\n[a](absent.md)\n```", null)]
    [InlineData("[a](..)", null)]
    [InlineData("[a](absent.md)", "docs/page.md:3: the link to absent.md leads nowhere")]
    [InlineData("[a](other.md#third)", "docs/page.md:3: docs/other.md has no heading #third")]
    public void Dead_links_are_found(string text, string? finding)
    {
        var page = new HouseFile("docs/page.md", $"# Top\n\n{text}\n");
        var findings = LinkRule.Check(page, [page, new HouseFile("docs/other.md", "## The 2nd part\n")]);
        if (finding is null) Assert.Empty(findings);
        else Assert.Equal(finding, Single(findings));
    }

    [Fact]
    public void Pages_that_no_first_page_leads_to_are_found()
    {
        HouseFile[] files =
        [
            new("README.md", "[all](docs/README.md)\n"), new("docs/README.md", "[one](deep/one.md#part)\n"),
            new("docs/deep/one.md", "[two](two.md)\n"), new("docs/deep/two.md", "# Two\n"), new("src/README.md", ""),
        ];
        Assert.Equal("docs/deep/two.md:1: no link of README.md or docs/README.md leads here",
            Single(LinkRule.CheckReached(["README.md", "docs/README.md"], "docs", files)));
    }

    private static string Single(IEnumerable<Finding> findings) => Assert.Single(findings).ToString();
}
