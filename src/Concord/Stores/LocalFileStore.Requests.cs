namespace Concord;

// What a disk likes to be asked for.
public sealed partial class LocalFileStore
{
    /// <summary>4: with more, a disk reads no faster, and the first bytes of a long read come later.</summary>
    public override int MaxConcurrentRequests => 4;

    /// <summary>2 MiB: longer requests are no faster, and a long read is copied while the rest of it is read.</summary>
    public override int MaxRequestBytes => 2 << 20;

    /// <summary>512 KiB, which a disk reads nearly as fast as more.</summary>
    public override int BestRequestBytes => 512 << 10;
}
