namespace Concord.SystemCache;

/// <summary>
/// The one operation on many whole files: all are sent to the disk first, then few barriers make all of them durable,
/// and then their pages are dropped. A barrier for each file would take most of the time.
/// </summary>
/// <remarks>
/// <para>
/// The barrier of a file system covers every file of it. It also waits for what other programs write there. Where it
/// fails, nobody knows which file that concerns, and it may be none of these: each is made durable alone then, and its
/// own error is told.
/// </para>
/// <para>
/// As in <see cref="CoherentPurge"/>, the barrier is never skipped: clean pages were sent to the disk, not kept by it.
/// </para>
/// </remarks>
internal static class BatchPurge
{
    /// <summary>
    /// Barriers under way at a time, where each file needs its own: a journal makes several durable by one write.
    /// </summary>
    private const int BarriersMax = 16;

    /// <summary>Treats the files; each has its result or its error afterwards.</summary>
    /// <param name="files">The files, opened before anything of them was sent.</param>
    /// <param name="options">As for a single file.</param>
    /// <param name="isConfined">Whether other files are left alone: each file gets a barrier of its own.</param>
    /// <param name="cancellationToken">
    /// Stops between two steps; files that are not finished have neither result nor error.
    /// </param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal static void Run(
        IReadOnlyList<BatchedFile> files, CoherencyOptions options, bool isConfined,
        CancellationToken cancellationToken)
    {
        EnumArgument.ThrowIfUndefined(options);

        // (1) Send what is dirty in all of them.
        SideBySide(files, Environment.ProcessorCount, file => file.Begin(cancellationToken), cancellationToken);

        // (2) Make it durable: one barrier for the files of one file system, or one for each.
        foreach (var volume in files.GroupBy(file => isConfined ? null : file.Volume))
        {
            cancellationToken.ThrowIfCancellationRequested();
            List<BatchedFile> together = [.. volume];
            bool isShared = volume.Key is not null && together.Count > 1;
            if (isShared && TryWriteBackTogether(together, cancellationToken)) continue;
            SideBySide(
                together, BarriersMax, file => file.WriteBackAlone(cancellationToken), cancellationToken);
        }

        // (3) Drop the pages.
        SideBySide(
            files, Environment.ProcessorCount, file => file.Finish(options, cancellationToken), cancellationToken);
    }

    private static void SideBySide(
        IReadOnlyList<BatchedFile> files, int threads, Action<BatchedFile> step,
        CancellationToken cancellationToken) =>
        BlockingCall.ForEach(files.Count, threads, at => step(files[at]), cancellationToken);

    /// <summary>Makes files of one file system durable by two calls, however many they are.</summary>
    /// <returns>False if one failed: something of the file system was not written.</returns>
    private static bool TryWriteBackTogether(List<BatchedFile> files, CancellationToken cancellationToken)
    {
        try
        {
            files[0].WriteBackVolume();
        }
        catch (IOException)
        {
            // Each file tells what failed of it, when it is made durable alone.
            return false;
        }

        // The barrier of any one file flushes the disk's own cache. XFS leaves that out when its log had nothing new.
        files[0].WriteBackAlone(cancellationToken);
        if (files[0].Error is not null) return false;
        foreach (var file in files.Skip(1)) file.NoteDurable();
        return true;
    }
}
