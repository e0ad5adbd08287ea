using System.Text;

namespace Concord.Cli.Rendering;

/// <summary>Pictures that this command writes: how one is told from every other file.</summary>
internal static class OwnPicture
{
    private const string Start = "<svg ", MarkedStart = "<svg class=\"concord\" ";

    /// <summary>The picture with the mark in it.</summary>
    internal static string Mark(string svg) => svg.StartsWith(Start, StringComparison.Ordinal)
        ? $"{MarkedStart}{svg.AsSpan(Start.Length)}"
        : throw new ArgumentException($"a picture begins with {Start}", nameof(svg));

    /// <summary>Whether a file is a picture with the mark, or empty.</summary>
    internal static bool IsAtStartOf(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[MarkedStart.Length];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == 0 || Encoding.ASCII.GetBytes(MarkedStart).AsSpan().SequenceEqual(bytes[..read]);
    }
}
