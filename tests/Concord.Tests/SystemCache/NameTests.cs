using System.Diagnostics;
using System.Text;
using Concord.Interop;
using Concord.Interop.Linux;

namespace Concord.Tests.SystemCache;

/// <summary>
/// Names of files are bytes: those that are not UTF-8 are opened, and none of them speaks to a terminal.
/// </summary>
public sealed class NameTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("Grüße 漢字 🙂", "Grüße 漢字 🙂")]
    [InlineData("a\u001b[31mb\nc\u007f\u0085", "a\\x1b[31mb\\x0ac\\x7f\\x85")]
    [InlineData("exe\u202egpj", "exe\\u202egpj")]
    [InlineData("x\u2028y", "x\\u2028y")]
    public void What_a_terminal_obeys_is_written_out(string text, string shown) =>
        Assert.Equal(shown, ShownText.Of(text));

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_written_out()
    {
        Assert.Equal("bad\\xffname", ShownText.Of("bad\udcffname"));
        Assert.Equal("lone\\ud800", ShownText.Of("lone\ud800"));
    }

    [Fact]
    public void Every_name_goes_to_a_string_and_back()
    {
        Random random = new(3);
        for (int trial = 0; trial < 2_000; trial++)
        {
            byte[] name = new byte[random.Next(1, 20)];
            random.NextBytes(name);
            if (trial % 2 == 0) Encoding.UTF8.GetBytes("ü漢🙂")[..Math.Min(5, name.Length)].CopyTo(name, 0);
            for (int i = 0; i < name.Length; i++) if (name[i] == 0) name[i] = 1;
            byte[] back = PathBytes.Encode(PathBytes.Decode(name));
            Assert.Equal(name, back[..back.AsSpan().IndexOf((byte)0)]);
        }

        Assert.False(PathBytes.HasOthers("Grüße 🙂"));
        Assert.True(PathBytes.HasOthers("a\udc80"));
    }

    [Fact]
    public void A_file_whose_name_is_not_UTF_8_is_opened_and_purged()
    {
        using Place place = Place.Make(Place.Disk);
        Shell("printf 'some bytes' > \"$1/$(printf 'bad\\377name')\"", place.Directory);
        using (SystemFile file = SystemFile.Open($"{place.Directory}/bad\udcffname"))
        {
            Assert.Equal(10, file.Length);
            Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge().Status);
        }

        Shell("rm -f -- \"$1\"/bad*", place.Directory);
    }

    [Fact]
    public void Messages_of_the_cache_have_such_names_written_out()
    {
        var store = new NamedStore("red\u001b[31m");
        using FileCache cache = new();
        using CachedFile file = cache.Open(store);
        string message = Assert.ThrowsAny<IOException>(() => file.Read(0, new byte[10])).Message;
        Assert.Contains("red\\x1b[31m", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', message);
    }

    private sealed class NamedStore(string name) : BackingStore
    {
        public override string Name => name;

        public override long GetLength() => 4096;

        public override int Read(long offset, Memory<byte> destination) => throw new IOException("it cannot be read");
    }

    /// <summary>.NET has no names that are not UTF-8; a shell makes such a file and takes it away.</summary>
    private static void Shell(string script, string directory)
    {
        using Process shell = Process.Start("/bin/sh", ["-c", script, "sh", directory]);
        shell.WaitForExit();
    }

    [Fact]
    public void Messages_have_names_without_what_a_terminal_obeys()
    {
        using Place place = Place.Make(Place.Disk);
        string missing = Path.Combine(place.Directory, "red\u001b[31m");
        string message = Assert.Throws<FileNotFoundException>(() => SystemFile.Open(missing)).Message;
        Assert.Contains("red\\x1b[31m", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', message);
        Directory.CreateDirectory(missing);
        Assert.DoesNotContain('\u001b', Assert.Throws<IOException>(() => SystemFile.Open(missing)).Message);
    }
}
