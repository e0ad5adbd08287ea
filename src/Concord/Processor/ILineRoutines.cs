namespace Concord.Processor;

/// <summary>
/// The routines that a sweep calls: machine code, or a fake that counts. They are passed as a type parameter and not as
/// a reference, so that the sweep over machine code has no indirection.
/// </summary>
internal interface ILineRoutines
{
    /// <summary>Bytes a line; a power of two.</summary>
    nuint LineSize { get; }

    /// <summary>Bytes that one <see cref="TouchLines"/> may cover; a multiple of the line.</summary>
    nuint PieceBytes { get; }

    /// <summary>Orders earlier stores before the touches, where the instruction does not do so itself.</summary>
    void Open();

    /// <summary>Touches every line from the first up to the end; both are multiples of the line and differ.</summary>
    void TouchLines(nuint first, nuint end);

    /// <summary>Orders everything touched before what this thread does next.</summary>
    void Fence();
}
