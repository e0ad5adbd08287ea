using System.Globalization;
using System.Text.Json;
using Concord.Tests.Cli;
using Concord.Tests.SystemCache.Children;

namespace Concord.Tests.SystemCache;

/// <summary>A file system that a program serves: a look opens nothing, and a purge claims nothing.</summary>
public sealed class FuseTests
{
    private const int Pages = 64;

    [Fact]
    public void A_look_opens_nothing_and_a_purge_claims_nothing()
    {
        using Place place = Place.Make(Place.Disk);
        string below = place.WriteFile(Pages, "below"), mount = $"{place.Directory}/mount";
        Directory.CreateDirectory(mount);
        using ChildProcess server = new(FuseChild.Name, mount, below);
        string said = server.Read();
        Assert.SkipUnless(said == "ready", $"a file system of a program cannot be mounted here: {said}");
        try
        {
            string path = $"{mount}/{FuseChild.FileName}";
            using (SystemFile file = SystemFile.Open(path))
            {
                Assert.Equal(("fuse", (long)Pages * Environment.SystemPageSize), (file.FileSystem, file.Length));
                CacheResidency residency = file.Query();
                Assert.Equal((null, null), (residency.Resident, residency.Map));
                Assert.Equal(0, OpensOf(server));
            }

            JsonElement status = ConcordProgram.Run("status", "--json", path).Exits(1).Json.GetProperty("files")[0];
            Assert.Contains("may drop its pages", status.GetProperty("unknown").GetString(), StringComparison.Ordinal);
            Assert.Equal(0, OpensOf(server));

            JsonElement load = ConcordProgram.Run("load", "--json", path).Exits(1).Json.GetProperty("files")[0];
            string why = load.GetProperty("unknown").GetString()!;
            Assert.Contains("may drop what was loaded", why, StringComparison.Ordinal);

            using SystemFile purged = SystemFile.Open(path);
            CoherencyResult result = purged.FlushAndPurge();
            Assert.Equal(CoherencyStatus.Unknown, result.Status);
            LeftRange left = Assert.Single(result.Left);
            Assert.Equal(LeftReason.Unknown, left.Reason);
            Assert.Contains("a program serves this file system", left.Holder, StringComparison.Ordinal);
        }
        finally
        {
            server.Finish();
        }
    }

    private static int OpensOf(ChildProcess server)
    {
        server.Say("opens");
        return int.Parse(server.Read(), CultureInfo.InvariantCulture);
    }
}
