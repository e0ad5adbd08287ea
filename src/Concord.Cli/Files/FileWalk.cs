using Concord.Cli.Interop;
using Concord.Cli.Running;
using Concord.SystemCache;

namespace Concord.Cli.Files;

/// <summary>
/// Visits every regular file that the arguments name or contain, once. Memory grows with the directories still to be
/// read and with the files that have several names, not with the number of files.
/// </summary>
/// <remarks>
/// A file with several names is recognised by its device and inode, so it is counted once. So is a directory that
/// arguments, followed links or mounts lead to twice, which also ends every loop. What vanishes meanwhile is counted,
/// and a directory that was replaced since it was examined is not entered.
/// </remarks>
internal sealed class FileWalk(FileSelection selection, Failures failures)
{
    /// <summary>
    /// The number of files between two garbage collections. The runtime's own budget grows with the processor's
    /// last-level cache, and would be most of the program's memory. So many files leave two or three megabytes of
    /// garbage, and a collection takes a fraction of a millisecond.
    /// </summary>
    private const int FilesPerCollection = 4096;

    private const string BlockDevice =
        "it is a block device; the cache keeps pages of it, but only regular files are treated here: "
        + "name files, or a directory";

    private const string Special =
        "it is a character device, a socket or a pipe, of which the cache keeps no pages; "
        + "name a regular file or a directory";

    private readonly Stack<(string Path, FileIdentity Identity, bool MayBeLink)> _directories = new();
    private readonly Lazy<bool> _hasMountsInside = new(() => MountPoints.LieInside(selection.Paths));
    private HashSet<FileIdentity>? _seen;
    private ulong _device;
    private int _below;
    private int _sinceCollection;

    /// <summary>Sockets, pipes and devices that were passed over inside directories.</summary>
    internal long SpecialFiles { get; private set; }

    /// <summary>Symbolic links that were not followed.</summary>
    internal long Links { get; private set; }

    /// <summary>Symbolic links that were followed, and lead nowhere or round in a circle.</summary>
    internal long LinksNowhere { get; private set; }

    /// <summary>Files and directories that were gone when they were to be examined.</summary>
    internal long Vanished { get; private set; }

    /// <summary>Further names of files already counted.</summary>
    internal long FurtherNames { get; private set; }

    /// <summary>Files and directories that the command line leaves out, by name or size.</summary>
    internal long LeftOut { get; private set; }

    /// <summary>What other file systems have, where the command line leaves them out.</summary>
    internal long OtherFileSystems { get; private set; }

    /// <summary>Whether an argument was a directory.</summary>
    internal bool HasDirectory { get; private set; }

    /// <summary>Whether a file may be reached twice without having several names.</summary>
    private bool PathsMayMeet =>
        selection.Follow || selection.HasFurtherPaths || selection.Paths.Count > 1
            || (HasDirectory && _hasMountsInside.Value);

    /// <summary>
    /// Counts a file that was gone when it was to be opened; <see langword="false"/> when it was named, which is an
    /// error.
    /// </summary>
    internal bool Forgive(WalkedFile file, Exception error)
    {
        bool isError = file.IsNamed && file.Ranges is null;
        if (isError || error is not (FileNotFoundException or DirectoryNotFoundException)) return false;
        Vanished++;
        return true;
    }

    /// <summary>The files, found during the enumeration. Can be enumerated once.</summary>
    internal IEnumerable<WalkedFile> Files()
    {
        using IEnumerator<NamedPath> names = selection.Names().GetEnumerator();
        while (TryName(names, out NamedPath name))
        {
            if (TryEnter(name, out FileNode node))
            {
                yield return new WalkedFile(name.Path, node, name.Argument, IsNamed: true) { Ranges = name.Ranges };
                CollectNowAndThen();
            }

            while (_directories.TryPop(out var directory))
            {
                using Names entries = new(directory.Path, directory.Identity, directory.MayBeLink, this);
                while (entries.TryNext(out string path))
                {
                    SystemFile? found = entries.Find(path, out node);
                    if (found is null ? !TryMeet(path, out node) : !Takes(found, path, node)) continue;
                    yield return new WalkedFile(path, node, name.Argument, IsNamed: false) { Found = found };
                    CollectNowAndThen();
                }
            }
        }
    }

    /// <summary>The next path that was named; a list that cannot be read on is one failure.</summary>
    private bool TryName(IEnumerator<NamedPath> names, out NamedPath name)
    {
        name = default;
        try
        {
            if (!names.MoveNext()) return false;
            name = names.Current;
            return true;
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            failures.Add(selection.ListPath ?? $"--pid {selection.Process}", exception);
            return false;
        }
    }

    private void CollectNowAndThen()
    {
        if (++_sinceCollection < FilesPerCollection) return;
        _sinceCollection = 0;
        GC.Collect(generation: 0, GCCollectionMode.Forced, blocking: true);
    }

    /// <summary>Examines an argument: a file that cannot be treated is an error, since the user named it.</summary>
    private bool TryEnter(NamedPath name, out FileNode node)
    {
        // Follow a link that is an argument: as with most tools, only links inside directories are not followed.
        string path = name.Path;
        if (!TryRead(path, throughLink: true, isNamed: !name.MayBeGone, out node)) return false;
        _device = node.Device;
        _below = path.EndsWith('/') ? path.Length : path.Length + 1;
        switch (node.Kind)
        {
            case FileKind.Regular:
                return TakesFile(path, node);
            case FileKind.Directory:
                HasDirectory = true;
                if (!PathsMayMeet || IsFirst(node, always: true)) _directories.Push((path, node.Identity, true));
                return false;
            case FileKind.BlockDevice:
                failures.Add(path, BlockDevice);
                return false;
            default:
                failures.Add(path, Special);
                return false;
        }
    }

    /// <summary>Examines an entry of a directory: one that cannot be treated is skipped and counted.</summary>
    private bool TryMeet(string path, out FileNode node)
    {
        bool isLink = false;
        if (!TryRead(path, throughLink: false, isNamed: false, out node)) return false;

        // Follow a link only if the user asks for it.
        if (node.Kind == FileKind.SymbolicLink)
        {
            if (!selection.Follow)
            {
                Links++;
                return false;
            }

            isLink = true;
            if (!TryFollow(path, out node)) return false;
        }

        if (!IsOnFileSystem(node)) return false;

        // Count a file once; put a directory on the list; skip everything else.
        switch (node.Kind)
        {
            case FileKind.Regular:
                return TakesFile(path, node);
            case FileKind.Directory:
                Enter(path, node, isLink);
                return false;
            default:
                SpecialFiles++;
                return false;
        }
    }

    /// <summary>Whether a file that was found in its directory is treated; if not, it is let go.</summary>
    private bool Takes(SystemFile found, string path, FileNode node)
    {
        if (IsOnFileSystem(node) && TakesFile(path, node)) return true;
        found.Dispose();
        return false;
    }

    private bool IsOnFileSystem(FileNode node)
    {
        if (!selection.StaysOnFileSystem || node.Device == _device) return true;
        OtherFileSystems++;
        return false;
    }

    private bool TakesFile(string path, FileNode node)
    {
        if (selection.Filter.TakesFile(path, _below, node.Length)) return IsFirst(node, always: PathsMayMeet);
        LeftOut++;
        return false;
    }

    /// <summary>Puts a directory that was met on the list, unless it is left out or was met before.</summary>
    private void Enter(string path, FileNode node, bool isLink)
    {
        if (!selection.Filter.TakesDirectory(path, _below)) LeftOut++;
        else if (!PathsMayMeet || IsFirst(node, always: true)) _directories.Push((path, node.Identity, isLink));
    }

    private bool IsFirst(FileNode node, bool always)
    {
        if (!always && node.Links <= 1) return true;
        if ((_seen ??= []).Add(node.Identity)) return true;
        if (node.Kind == FileKind.Regular) FurtherNames++;
        return false;
    }

    /// <summary>Reads what a link in a directory leads to; one that leads nowhere is counted.</summary>
    private bool TryFollow(string path, out FileNode node)
    {
        try
        {
            node = FileNodes.Read(path, follow: true);
            return true;
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            if (FileNodes.LeadsNowhere(exception)) LinksNowhere++;
            else failures.Add(path, exception);
            node = default;
            return false;
        }
    }

    /// <summary>
    /// Reads what a path names. An entry of a directory that is gone by now is counted; a named link that leads nowhere
    /// is an error.
    /// </summary>
    private bool TryRead(string path, bool throughLink, bool isNamed, out FileNode node)
    {
        try
        {
            node = FileNodes.Read(path, throughLink);
            return true;
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            if (!isNamed && exception is FileNotFoundException) Vanished++;
            else failures.Add(path, exception);
            node = default;
            return false;
        }
    }

    /// <summary>
    /// The paths in a directory; if it cannot be read, or not to its end, that is one failure.
    /// </summary>
    private sealed class Names(string directory, FileIdentity identity, bool mayBeLink, FileWalk walk) : IDisposable
    {
        private readonly string _prefix = directory.EndsWith('/') ? directory : directory + '/';
        private DirectoryNames? _names;
        private string _name = "";

        internal bool TryNext(out string path)
        {
            path = "";
            try
            {
                // Open the directory at the first call: many may wait on the list.
                _names ??= DirectoryNames.Open(directory, identity, mayBeLink);
                if (!_names.TryNext(out _name)) return false;
                path = _prefix + _name;
                return true;
            }
            catch (FileNotFoundException)
            {
                walk.Vanished++;
                return false;
            }
            catch (Exception exception) when (Failures.IsExpected(exception))
            {
                walk.AddFailure(directory, exception);
                return false;
            }
        }

        /// <summary>
        /// Finds the file of the last name, where the directory tells that it is a regular one. Null for everything
        /// else, and when it cannot be found: then its path is examined, and what is wrong is told.
        /// </summary>
        internal SystemFile? Find(string path, out FileNode node)
        {
            node = default;
            if (_names is not { IsRegular: true }) return null;
            try
            {
                FoundEntry entry = _names.Find(_name, path);
                node = new FileNode(
                    FileKind.Regular, entry.Status.Device, entry.Status.Number, entry.Status.Links,
                    entry.Status.Length);
                return entry.File;
            }
            catch (Exception exception) when (Failures.IsExpected(exception))
            {
                return null;
            }
        }

        public void Dispose() => _names?.Dispose();
    }

    private void AddFailure(string path, Exception exception) => failures.Add(path, exception);
}
