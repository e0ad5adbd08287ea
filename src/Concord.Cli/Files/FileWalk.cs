using Concord.Cli.Interop;
using Concord.Cli.Running;

namespace Concord.Cli.Files;

/// <summary>
/// Comes to every regular file that the arguments name or contain, once. Memory grows with the directories still to
/// be read and with the files that have several names, not with the number of files.
/// </summary>
/// <remarks>
/// A file with several names is known again by its device and inode, so it is counted once; so is a directory that
/// arguments or followed links lead to twice, which also ends every loop.
/// </remarks>
internal sealed class FileWalk(IReadOnlyList<string> arguments, bool follow, Failures failures)
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        MatchType = MatchType.Simple,
        ReturnSpecialDirectories = false,
    };

    /// <summary>
    /// Files between two collections of what they left behind. The runtime's own budget for that grows with the
    /// processor's last-level cache, and would be most of the program's memory; so many files leave two or three
    /// megabytes, and a collection of them takes a fraction of a millisecond.
    /// </summary>
    private const int FilesPerCollection = 4096;

    private readonly Stack<string> _directories = new();
    private HashSet<FileIdentity>? _seen;
    private int _sinceCollection;

    /// <summary>Sockets, pipes and devices that were passed over inside directories.</summary>
    internal long SpecialFiles { get; private set; }

    /// <summary>Symbolic links that were not followed.</summary>
    internal long Links { get; private set; }

    /// <summary>Further names of files already counted.</summary>
    internal long FurtherNames { get; private set; }

    /// <summary>Whether an argument was a directory.</summary>
    internal bool HasDirectory { get; private set; }

    /// <summary>Whether a file may be reached twice without having several names.</summary>
    private bool PathsMayMeet => follow || arguments.Count > 1;

    /// <summary>The files, found while they are asked for. Can be asked once.</summary>
    internal IEnumerable<WalkedFile> Files()
    {
        for (int argument = 0; argument < arguments.Count; argument++)
        {
            if (TryEnter(arguments[argument], out FileNode node))
            {
                yield return new WalkedFile(arguments[argument], node, argument);
            }

            while (_directories.TryPop(out string? directory))
            {
                using Names names = new(directory, failures);
                while (names.TryNext(out string path))
                {
                    if (!TryMeet(path, out node)) continue;
                    yield return new WalkedFile(path, node, argument);
                    CollectNowAndThen();
                }
            }
        }
    }

    private void CollectNowAndThen()
    {
        if (++_sinceCollection < FilesPerCollection) return;
        _sinceCollection = 0;
        GC.Collect(generation: 0, GCCollectionMode.Forced, blocking: true);
    }

    /// <summary>Judges an argument: what it names is wanted, so what cannot be treated is an error.</summary>
    private bool TryEnter(string path, out FileNode node)
    {
        // A link that is named is meant: as with most tools, not following concerns the links met inside directories.
        if (!TryRead(path, throughLink: true, out node)) return false;
        switch (node.Kind)
        {
            case FileKind.Regular:
                return IsFirst(node, always: PathsMayMeet);
            case FileKind.Directory:
                HasDirectory = true;
                if (!PathsMayMeet || IsFirst(node, always: true)) _directories.Push(path);
                return false;
            default:
                failures.Add(path, "it is a device, a socket or a pipe, of which the cache keeps no pages; name a regular file or a directory");
                return false;
        }
    }

    /// <summary>Judges what a directory contains: what cannot be treated is passed over, and counted.</summary>
    private bool TryMeet(string path, out FileNode node)
    {
        if (!TryRead(path, throughLink: false, out node)) return false;
        if (node.Kind == FileKind.SymbolicLink)
        {
            if (!follow)
            {
                Links++;
                return false;
            }

            if (!TryRead(path, throughLink: true, out node)) return false;
        }

        switch (node.Kind)
        {
            case FileKind.Regular:
                return IsFirst(node, always: PathsMayMeet);
            case FileKind.Directory:
                if (!PathsMayMeet || IsFirst(node, always: true)) _directories.Push(path);
                return false;
            default:
                SpecialFiles++;
                return false;
        }
    }

    private bool IsFirst(FileNode node, bool always)
    {
        if (!always && node.Links <= 1) return true;
        if ((_seen ??= []).Add(node.Identity)) return true;
        if (node.Kind == FileKind.Regular) FurtherNames++;
        return false;
    }

    private bool TryRead(string path, bool throughLink, out FileNode node)
    {
        try
        {
            node = FileNodes.Read(path, throughLink);
            return true;
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            failures.Add(path, exception);
            node = default;
            return false;
        }
    }

    /// <summary>The names in a directory; when it cannot be read, or read on, that is one failure and the end.</summary>
    private sealed class Names : IDisposable
    {
        private readonly string _directory;
        private readonly Failures _failures;
        private IEnumerator<string>? _paths;

        internal Names(string directory, Failures failures)
        {
            _directory = directory;
            _failures = failures;
        }

        internal bool TryNext(out string path)
        {
            try
            {
                _paths ??= Directory.EnumerateFileSystemEntries(_directory, "*", Everything).GetEnumerator();
                bool any = _paths.MoveNext();
                path = any ? _paths.Current : "";
                return any;
            }
            catch (Exception exception) when (Failures.IsExpected(exception))
            {
                _failures.Add(_directory, exception);
                path = "";
                return false;
            }
        }

        public void Dispose() => _paths?.Dispose();
    }
}
