using System.Text.Json;
using Concord.Tests.Stores.Http;
using Concord.Tests.Stores.Tiers;

namespace Concord.Tests.Cli;

/// <summary><c>concord</c> on addresses: cat, load, status, purge, and the tier that they share.</summary>
[Collection(SideBySide.Command)]
public sealed class RemoteTests : IDisposable
{
    private const int Bytes = 3_000_001;

    private static readonly byte[] Content = VersionedStore.Content(0, Bytes, 1);

    private readonly Folder _folder = new();

    private string Tier => Path.Combine(_folder.Path, "tier");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_address_is_loaded_shown_read_from_the_tier_and_purged()
    {
        await using var server = await RangeServer.StartAsync(Content);
        string address = server.Address.AbsoluteUri;
        ConcordProgram.Outcome load = Run("load", "--tier", Tier, address).Exits(0);
        Assert.Contains("loaded 1 file, 2.9 MiB", load.Output, StringComparison.Ordinal);
        Assert.Contains("all of it in the tier now", load.Output, StringComparison.Ordinal);
        Assert.Contains("/s", load.Output, StringComparison.Ordinal);

        JsonElement status = Run("status", "--json", "--tier", Tier, address).Exits(0).Json;
        JsonElement file = status.GetProperty("files")[0];
        Assert.Equal(Bytes, file.GetProperty("size").GetInt64());
        Assert.Equal(Bytes, file.GetProperty("bytesInTier").GetInt64());
        Assert.Contains("first", file.GetProperty("version").GetString(), StringComparison.Ordinal);

        // Only the version is asked for again.
        int before = server.Ranges.Count;
        string target = Path.Combine(_folder.Path, "copy");
        JsonElement cat = Run("cat", "--json", "--tier", Tier, "-o", target, address).Exits(0).Json;
        Assert.Equal(Content, File.ReadAllBytes(target));
        Assert.Equal(Bytes, cat.GetProperty("bytesFromTier").GetInt64());
        Assert.Equal(1, server.Ranges.Count - before);

        Assert.Contains("2.9 MiB dropped", Run("purge", "--tier", Tier, address).Exits(0).Output,
            StringComparison.Ordinal);
        Assert.Contains("0%", Run("status", "--tier", Tier, address).Exits(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_is_loaded_and_a_tier_that_is_too_small_is_told()
    {
        await using var server = await RangeServer.StartAsync(Content);
        string address = server.Address.AbsoluteUri;
        JsonElement load = Run("load", "--json", "--tier", Tier, "--range", "4k:64k", address).Exits(0).Json;
        Assert.Equal(65_536, load.GetProperty("totals").GetProperty("bytesInTier").GetInt64());
        Assert.Equal(65_536, load.GetProperty("totals").GetProperty("bytesLoaded").GetInt64());
        ConcordProgram.Outcome all = Run("load", "--tier", Tier, "--tier-size", "1M", address).Exits(1);
        Assert.Contains("no room for more", all.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tier_itself_is_shown_and_purged()
    {
        await using var server = await RangeServer.StartAsync(Content);
        string address = server.Address.AbsoluteUri + "?signature=secret";
        Run("load", "--tier", Tier, "--tier-size", "8M", address).Exits(0);
        ConcordProgram.Outcome status = Run("tier", "status", Tier).Exits(0);
        Assert.Contains("2.9 MiB of 8.0 MiB, not in use", status.Output, StringComparison.Ordinal);
        Assert.Contains("/data?...", status.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", status.Output, StringComparison.Ordinal);
        using (DiskTier.Open(Tier, 8 << 20))
        {
            JsonElement used = Run("tier", "status", "--json", Tier).Exits(0).Json;
            if (OperatingSystem.IsLinux())
                Assert.Equal(Environment.ProcessId, used.GetProperty("usedByProcess").GetInt32());
            ConcordProgram.Outcome refused = Run("tier", "purge", Tier).Exits(2);
            Assert.Contains("uses this tier", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
        }

        Assert.Contains("2.9 MiB dropped, none left", Run("tier", "purge", Tier).Exits(0).Output,
            StringComparison.Ordinal);
        Assert.Equal(0, Run("tier", "status", "--json", Tier).Exits(0).Json.GetProperty("heldBytes").GetInt64());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1000:2M")]
    [InlineData("2999990:100")]
    public async Task Cat_writes_the_bytes_of_a_file_and_of_an_address(string? range)
    {
        await using var server = await RangeServer.StartAsync(Content);
        string path = Path.Combine(_folder.Path, "file"), target = Path.Combine(_folder.Path, "target");
        File.WriteAllBytes(path, Content);
        int offset = range is null ? 0 : int.Parse(range.Split(':')[0], null);
        int count = range is null ? Bytes : range.EndsWith("2M", StringComparison.Ordinal) ? 2 << 20 : 11;
        string[] part = range is null ? [] : ["--range", range];
        foreach (string source in (string[])[path, server.Address.AbsoluteUri])
        {
            File.Delete(target);
            Assert.Contains("wrote", Run(["cat", .. part, "-o", target, source]).Exits(0).Output,
                StringComparison.Ordinal);
            Assert.Equal(Content.AsSpan(offset, count).ToArray(), File.ReadAllBytes(target));
            Assert.Contains("--force", Run(["cat", .. part, "-o", target, source]).Exits(2).Error,
                StringComparison.Ordinal);
            Assert.Empty(Run(["cat", .. part, "-q", "--force", "-o", target, source]).Exits(0).Output);
            Assert.Equal(Content.AsSpan(offset, count).ToArray(), Catted([.. part, source]));
        }
    }

    [Fact]
    public async Task A_file_that_changes_meanwhile_leaves_what_was_there_before()
    {
        await using var server = await RangeServer.StartAsync(Content);
        server.Fault = (_, number) =>
        {
            if (number > 1) server.Tag = "\"second\"";
            return Task.FromResult(false);
        };
        string target = Path.Combine(_folder.Path, "target");
        File.WriteAllText(target, "before");
        ConcordProgram.Outcome run = Run("cat", "--force", "-o", target, server.Address.AbsoluteUri).Exits(2);
        string line = Assert.Single(run.ErrorLines);
        Assert.Contains("first", line, StringComparison.Ordinal);
        Assert.Contains("second", line, StringComparison.Ordinal);
        Assert.Equal("before", File.ReadAllText(target));
        Assert.Equal([target], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task What_cannot_be_is_told_in_a_line_with_a_way_out()
    {
        await using var server = await RangeServer.StartAsync(Content);
        string address = server.Address.AbsoluteUri;
        string secret = address.Replace("//", "//me:password@", StringComparison.Ordinal) + "x?signature=1";
        server.Fault = (context, _) =>
        {
            if (!context.Request.Path.Value!.EndsWith('x')) return Task.FromResult(false);
            context.Response.StatusCode = 404;
            return Task.FromResult(true);
        };
        foreach (var (line, told) in ((string[], string)[])
        [
            (["status", address], "--tier DIR"),
            (["load", address], "--tier DIR"),
            (["load", "--tier", Tier, address, "file"], "two commands"),
            (["cat", "s3://bucket/key"], "https://"),
            (["cat", "https:///"], "https://HOST"),
            (["cat", secret], "no such file"),
            (["cat", "--json", address], "--output"),
            (["cat", "-o", Path.Combine(_folder.Path, "no", "file"), address], "no such directory"),
            (["cat", "-o", _folder.Path, address], "is a directory"),
            (["cat", "--tier", Tier, "file"], "leave out --tier"),
            (["cat", "--tier", Tier, "--version-check", "time", address], "leave out"),
            (["cat", "--version-check", "sum", address], "tag, time or length"),
            (["load", "--tier-size", "1M", address], "give --tier"),
            (["tier", "status", Path.Combine(_folder.Path, "none")], "there is no tier"),
            (["tier", "shrink", Tier], "status, purge"),
        ])
        {
            ConcordProgram.Outcome run = Run(line).Exits(2);
            string error = Assert.Single(run.ErrorLines);
            Assert.StartsWith("concord: ", error, StringComparison.Ordinal);
            Assert.Contains(told, error, StringComparison.Ordinal);
            Assert.DoesNotContain("password", error, StringComparison.Ordinal);
            Assert.DoesNotContain("signature", error, StringComparison.Ordinal);
        }

        server.Tag = null;
        ConcordProgram.Outcome untagged = Run("cat", address).Exits(2);
        Assert.Contains("--version-check has less exact ways", untagged.Error, StringComparison.Ordinal);
        Assert.Equal(Content, Catted("--version-check", "length", address));
    }

    private static ConcordProgram.Outcome Run(params string[] args) => ConcordProgram.Run(args);

    private static byte[] Catted(params string[] args)
    {
        using var process = ConcordProgram.Start(null, [], ["cat", .. args]);
        using var bytes = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(bytes);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return bytes.ToArray();
    }
}
