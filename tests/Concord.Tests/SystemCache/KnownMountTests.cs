using Concord.SystemCache.Linux;
using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache;

/// <summary>The type of the file system that was met last is believed for its own files only.</summary>
public class KnownMountTests
{
    private const long Tmpfs = 0x01021994, Ramfs = 0x858458F6;

    public KnownMountTests() => Assert.SkipUnless(Rights.MayMount, "mounting needs CAP_SYS_ADMIN");

    [Fact]
    public void Files_of_two_mounts_in_turns_have_their_own_types()
    {
        using Place disk = Place.Make(Place.Disk);
        string onDisk = disk.WriteFile(1);
        using var memory = new Mounted(Path.GetDirectoryName(onDisk)!, "tmpfs");
        string inMemory = memory.WriteFile();
        long type = TypeOf(onDisk);
        Assert.NotEqual(Tmpfs, type);
        for (int turn = 0; turn < 3; turn++) Assert.Equal((Tmpfs, type), (TypeOf(inMemory), TypeOf(onDisk)));
    }

    [Fact]
    public void Another_file_system_in_the_same_place_has_its_own_type()
    {
        using Place disk = Place.Make(Place.Disk);
        string folder = Path.GetDirectoryName(disk.WriteFile(1))!;
        for (int turn = 0; turn < 3; turn++)
        {
            using (var first = new Mounted(folder, "tmpfs")) Assert.Equal(Tmpfs, TypeOf(first.WriteFile()));
            using var second = new Mounted(folder, "ramfs");
            Assert.Equal(Ramfs, TypeOf(second.WriteFile()));
        }
    }

    private static long TypeOf(string path)
    {
        using FoundFile found = FoundFile.Find(path);
        return found.Type.Magic;
    }

    /// <summary>A file system in a directory of a place.</summary>
    private sealed class Mounted : IDisposable
    {
        private readonly string _path;

        internal Mounted(string place, string type)
        {
            _path = Path.Combine(place, "mounted");
            Directory.CreateDirectory(_path);
            Native.Succeeded(Native.Mount("none", _path, type, 0, ""), $"mount a {type}");
        }

        internal string WriteFile()
        {
            string path = Path.Combine(_path, "file");
            File.WriteAllBytes(path, new byte[1]);
            return path;
        }

        public void Dispose() => Native.Succeeded(Native.Umount(_path), "take the mount away");
    }
}
