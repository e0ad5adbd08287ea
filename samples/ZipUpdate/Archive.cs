using System.IO.Compression;

namespace ZipUpdate;

/// <summary>
/// A zip archive of many entries, made, updated in place, and read back. Nothing here knows what kind of stream it
/// works on.
/// </summary>
/// <remarks>
/// <see cref="ZipArchive"/> keeps in memory each entry it rewrites, and every one that lies behind it. So entries are
/// small, and the update changes the last of them and adds some.
/// </remarks>
internal sealed class Archive(Func<Stream> open, Action entryDone)
{
    private const int EntryBytes = 1 << 20, ChangedOf = 32, CompressedOf = 32;

    // The same bytes on every run: a zip archive holds the time of each entry.
    private static readonly DateTimeOffset Time = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private int _entries;

    /// <summary>Makes the archive: one entry a mebibyte, a few of them compressed.</summary>
    public void Create(int mebibytes)
    {
        using var archive = new ZipArchive(open(), ZipArchiveMode.Create);
        for (_entries = 0; _entries < mebibytes; _entries++) Add(archive, _entries, version: 1);
    }

    /// <summary>Replaces the last entries by newer versions, and adds as many.</summary>
    public void Update()
    {
        using var archive = new ZipArchive(open(), ZipArchiveMode.Update);
        int changed = Math.Max(1, _entries / ChangedOf);
        for (int number = _entries - changed; number < _entries; number++)
        {
            archive.GetEntry(NameOf(number))!.Delete();
            Add(archive, number, version: 2);
        }

        for (int end = _entries + changed; _entries < end; _entries++) Add(archive, _entries, version: 2);
    }

    /// <summary>Reads every entry and compares it with what was put in.</summary>
    /// <returns>How many entries there are.</returns>
    public int Check()
    {
        using var archive = new ZipArchive(open(), ZipArchiveMode.Read);
        byte[] found = new byte[EntryBytes];
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            int number = int.Parse(Path.GetFileNameWithoutExtension(entry.Name), null);
            int version = entry.Comment == "2" ? 2 : 1;
            using Stream stream = entry.Open();
            stream.ReadExactly(found);
            if (stream.ReadByte() >= 0 || !found.AsSpan().SequenceEqual(BytesOf(number, version)))
                throw new InvalidDataException($"{entry.Name} is not what was put in");
            entryDone();
        }

        return archive.Entries.Count == _entries
            ? _entries
            : throw new InvalidDataException($"{archive.Entries.Count} entries, not {_entries}");
    }

    private void Add(ZipArchive archive, int number, int version)
    {
        ZipArchiveEntry entry = archive.CreateEntry(
            NameOf(number), number % CompressedOf == 0 ? CompressionLevel.Fastest : CompressionLevel.NoCompression);
        entry.LastWriteTime = Time;
        entry.Comment = $"{version}";
        using (Stream stream = entry.Open()) stream.Write(BytesOf(number, version));
        entryDone();
    }

    private static string NameOf(int number) => $"{number:00000}.bin";

    /// <summary>Half noise, half nothing: compression has something to do.</summary>
    private static byte[] BytesOf(int number, int version)
    {
        byte[] bytes = new byte[EntryBytes];
        new Random((number * 2) + version).NextBytes(bytes.AsSpan(0, EntryBytes / 2));
        return bytes;
    }
}
