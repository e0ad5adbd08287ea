using System.Text;
using Concord.Cli.Interop;
using Concord.Cli.Rendering;
using Concord.Cli.Text;
using Concord.Interop.Linux;

namespace Concord.Cli.Files;

/// <summary>
/// What a command writes into a file: where there is nothing, or an empty file, or, if it is a picture, one that it
/// wrote before. Something else is replaced only when that is asked for; an input, and what is no regular file, never.
/// </summary>
/// <remarks>
/// It is written beside its place, and put there whole: nobody sees a part of it, and a failed write leaves what was
/// there. No link is followed.
/// </remarks>
internal sealed class OutputFile
{
    /// <summary>How many names are tried for the file beside.</summary>
    private const int NamesMax = 100;

    private readonly string _option, _whole;
    private readonly bool _isForced, _isPicture;

    private OutputFile(string option, string path, bool isForced, bool isPicture)
    {
        _isPicture = isPicture;
        _option = option;
        Path = path;
        _whole = System.IO.Path.GetFullPath(path);
        _isForced = isForced;
    }

    /// <summary>The file, as it was named.</summary>
    internal string Path { get; }

    /// <summary>Looks, before any work is done, whether the file may be written and can be.</summary>
    /// <param name="option">The option that names it, for errors.</param>
    /// <param name="path">The file.</param>
    /// <param name="isForced">Whether a file that holds something else is replaced.</param>
    /// <param name="inputs">The files that are to be read.</param>
    /// <param name="isPicture">Whether a picture is written, which may replace an older one.</param>
    /// <exception cref="IOException">It may not, or cannot.</exception>
    internal static OutputFile Plan(
        string option, string path, bool isForced, IEnumerable<string> inputs, bool isPicture = true)
    {
        if (path.Length == 0) throw new IOException($"{option} needs the name of a file");
        if (PathBytes.HasOthers(path))
            throw new IOException($"{option} {PathText.Name(path)}: its name is not UTF-8; give it one that is");
        NamedInputs.Refuse(option, path, inputs);
        var output = new OutputFile(option, path, isForced, isPicture);
        output.Try(() =>
        {
            _ = output.MayReplace();
            using FileStream beside = output.MakeBeside();
            File.Delete(beside.Name);
        });
        return output;
    }

    /// <summary>Puts a picture in the file's place.</summary>
    /// <exception cref="IOException">It cannot be written; what was there is there still.</exception>
    internal void Write(string svg) => Write(beside => beside.Write(Encoding.UTF8.GetBytes(OwnPicture.Mark(svg))));

    /// <summary>Puts what is written in the file's place.</summary>
    /// <exception cref="IOException">It cannot be written; what was there is there still.</exception>
    internal void Write(Action<FileStream> write) => Try(() =>
    {
        using FileStream beside = MakeBeside();
        try
        {
            write(beside);
            beside.Flush(flushToDisk: true);

            // Another file may be there by now. Where there was none, one that comes at this moment stays.
            bool replaces = MayReplace();
            if (replaces && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(beside.SafeFileHandle, File.GetUnixFileMode(_whole));
            if (OperatingSystem.IsWindows()) beside.Dispose();
            File.Move(beside.Name, _whole, replaces);
        }
        catch
        {
            File.Delete(beside.Name);
            throw;
        }
    });

    /// <summary>Whether a file is there that may be replaced; what may not is refused.</summary>
    private bool MayReplace()
    {
        if (KindOf() is not { } kind) return false;
        if (kind != FileKind.Regular) throw new IOException(PlainFile.Words(kind));
        if (_isForced) return true;
        using Stream stream = OperatingSystem.IsLinux() ? PlainFile.OpenToRead(_whole) : File.OpenRead(_whole);
        if (_isPicture ? OwnPicture.IsAtStartOf(stream) : stream.Length == 0) return true;
        string what = _isPicture ? ", and is no picture that concord wrote" : "";
        throw new IOException($"it is there already{what}; name another file, or give --force to replace it");
    }

    /// <summary>What is there; null for nothing.</summary>
    private FileKind? KindOf()
    {
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(_whole)))
            throw new IOException("there is no such directory; make it first, or name another file");
        if (!OperatingSystem.IsLinux())
        {
            return new FileInfo(_whole).LinkTarget is not null ? FileKind.SymbolicLink
                : Directory.Exists(_whole) ? FileKind.Directory
                : File.Exists(_whole) ? FileKind.Regular
                : null;
        }

        try
        {
            return FileNodes.Read(_whole, follow: false).Kind;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Makes a new file in the same directory.</summary>
    private FileStream MakeBeside()
    {
        string directory = System.IO.Path.GetDirectoryName(_whole)!;
        for (int number = 0; ; number++)
        {
            string name = System.IO.Path.Combine(directory, $".concord-{Environment.ProcessId}-{number}");
            try
            {
                return new FileStream(name, FileMode.CreateNew, FileAccess.Write, FileShare.Delete);
            }
            catch (IOException) when (number < NamesMax && System.IO.Path.Exists(name))
            {
                // Somebody has that name.
                continue;
            }
        }
    }

    /// <summary>Does something with the file; an error names the option and the file, in words that help.</summary>
    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (UnauthorizedAccessException)
        {
            throw Refusal("its directory may not be written; run as a user who may, or name another file");
        }
        catch (ArgumentOutOfRangeException)
        {
            throw Refusal("it would be longer than files may be here; raise 'ulimit -f', or name another file");
        }
        catch (IOException exception)
        {
            throw Refusal(ErrorText.Of(exception));
        }
    }

    private IOException Refusal(string why) => new($"{_option} {PathText.Name(Path)}: {why}");
}
