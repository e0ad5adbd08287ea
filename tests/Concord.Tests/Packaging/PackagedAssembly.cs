using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Concord.Tests.Packaging;

/// <summary>An assembly as it lies in a package: what it is, and which symbols are its own.</summary>
internal sealed class PackagedAssembly : IDisposable
{
    private readonly PEReader _reader;

    internal PackagedAssembly(ZipArchiveEntry entry) => _reader = new PEReader(Copy(entry));

    /// <summary>Whether it holds machine code beside the intermediate language.</summary>
    internal bool IsCompiled => _reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;

    /// <summary>What the compiler called this very assembly.</summary>
    internal Guid Id
    {
        get
        {
            MetadataReader metadata = _reader.GetMetadataReader();
            return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
        }
    }

    /// <summary>The identity of the symbols that were written with it.</summary>
    internal Guid SymbolsId
    {
        get
        {
            var entry = _reader.ReadDebugDirectory().First(static one => one.Type == DebugDirectoryEntryType.CodeView);
            return _reader.ReadCodeViewDebugDirectoryData(entry).Guid;
        }
    }

    public void Dispose() => _reader.Dispose();

    /// <summary>The identity of symbols.</summary>
    internal static Guid IdOfSymbols(ZipArchiveEntry entry)
    {
        using var provider = MetadataReaderProvider.FromPortablePdbStream(Copy(entry));
        return new BlobContentId(provider.GetMetadataReader().DebugMetadataHeader!.Id).Guid;
    }

    /// <summary>What symbols say about where the sources are to be had (SourceLink), or null.</summary>
    internal static string? SourcesOfSymbols(ZipArchiveEntry entry)
    {
        var sourceLink = new Guid("CC110556-A091-4D38-9FEC-25AB9A351A6A");
        using var provider = MetadataReaderProvider.FromPortablePdbStream(Copy(entry));
        MetadataReader metadata = provider.GetMetadataReader();
        return metadata.CustomDebugInformation.Select(metadata.GetCustomDebugInformation)
            .Where(one => metadata.GetGuid(one.Kind) == sourceLink)
            .Select(one => System.Text.Encoding.UTF8.GetString(metadata.GetBlobBytes(one.Value))).SingleOrDefault();
    }

    // A package's stream cannot seek.
    private static MemoryStream Copy(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        var copy = new MemoryStream();
        stream.CopyTo(copy);
        copy.Position = 0;
        return copy;
    }
}
