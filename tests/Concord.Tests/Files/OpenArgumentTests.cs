using Concord.Tests.Stores;

namespace Concord.Tests.Files;

/// <summary>
/// A file is opened through a cache with the arguments, defaults and exceptions of <see cref="File.OpenHandle"/>.
/// </summary>
public sealed class OpenArgumentTests : IDisposable
{
    private static readonly FileMode[] Modes = [.. Enum.GetValues<FileMode>(), 0, (FileMode)7];
    private static readonly FileAccess[] Accesses =
        [FileAccess.Read, FileAccess.Write, FileAccess.ReadWrite, 0, (FileAccess)4];

    private static readonly FileShare[] Shares =
    [
        FileShare.None, FileShare.Read, FileShare.ReadWrite | FileShare.Delete,
        (FileShare)8, (FileShare)32, (FileShare)(-1),
    ];

    private static readonly FileOptions[] Options =
    [
        FileOptions.None, FileOptions.Asynchronous | FileOptions.RandomAccess, FileOptions.SequentialScan,
        (FileOptions)0x20000000, (FileOptions)1,
    ];

    private readonly TempFolder _folder = new();
    private readonly FileCache _cache =
        new(new FileCacheOptions { CapacityBytes = 1 << 20, LazyWriterInterval = TimeSpan.Zero });

    public void Dispose()
    {
        _cache.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_combination_of_arguments_ends_as_with_a_handle_of_NET(bool exists)
    {
        int combinations = 0;
        foreach (var mode in Modes)
        {
            foreach (var access in Accesses)
            {
                foreach (var share in Shares)
                {
                    foreach (var options in Options)
                    {
                        string expected = EndsAs(exists, path => File.OpenHandle(path, mode, access, share, options));
                        string actual = EndsAs(exists, path => _cache.Open(path, mode, access, share, options));
                        string which = $"{mode}, {access}, {share}, {options}";
                        Assert.True(expected == actual, $"{which}: expected {expected}, was {actual}");
                        combinations++;
                    }
                }
            }
        }

        Assert.Equal(Modes.Length * Accesses.Length * Shares.Length * Options.Length, combinations);
    }

    [Fact]
    public async Task A_path_that_is_none_is_refused_as_there_in_both_forms()
    {
        string file = _folder["file"];
        await File.WriteAllTextAsync(file, "content", TestContext.Current.CancellationToken);
        string?[] paths = [null, "", "\0", _folder.Path, _folder["missing"], Path.Combine(file, "inside")];
        foreach (string? path in paths)
        {
            string expected = Outcome(() => File.OpenHandle(path!));
            Assert.Equal(expected, Outcome(() => _cache.Open(path!)));
            Assert.Equal(expected, Outcome(() => _cache.OpenAsync(path!).AsTask().GetAwaiter().GetResult()));
            Assert.Equal(expected, Outcome(() => LocalFileStore.Open(path!)));
        }
    }

    [Fact]
    public void Without_arguments_a_file_that_is_there_is_opened_for_reading()
    {
        File.WriteAllText(_folder["a"], "content");
        using var file = _cache.Open(_folder["a"]);
        Assert.True(file.CanRead);
        Assert.False(file.CanWrite);
        Assert.Throws<FileNotFoundException>(() => _cache.Open(_folder["mistyped"]));
        Assert.False(File.Exists(_folder["mistyped"]));
    }

    [Theory]
    [InlineData(FileOptions.DeleteOnClose)]
    [InlineData(FileOptions.Encrypted)]
    [InlineData(FileOptions.Encrypted | FileOptions.RandomAccess)]
    public void An_option_that_a_cache_cannot_keep_is_refused_by_name(FileOptions options)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => _cache.Open(_folder["a"], FileMode.OpenOrCreate, FileAccess.ReadWrite, options: options));
        Assert.Equal("options", error.ParamName);
        Assert.Contains((options & ~FileOptions.RandomAccess).ToString(), error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["a"]));
    }

    /// <summary>What is thrown for which argument, and what the file is afterwards.</summary>
    private string EndsAs(bool exists, Func<string, IDisposable> open)
    {
        string path = _folder["matrix"];
        File.Delete(path);
        if (exists) File.WriteAllText(path, "content");
        string outcome = Outcome(() => open(path));
        return $"{outcome}, then {(File.Exists(path) ? File.ReadAllText(path) : "no file")}";
    }

    private static string Outcome(Func<IDisposable> open)
    {
        try
        {
            open().Dispose();
            return "opened";
        }
        catch (Exception error)
        {
            return $"{error.GetType().Name} {(error as ArgumentException)?.ParamName}";
        }
    }
}
