namespace Concord.Benchmarks.Workloads;

/// <summary>
/// What a rival does with one page. A structure, so that the loop around it is compiled for it and calls nothing else.
/// </summary>
internal interface IPageOperation
{
    /// <param name="offset">Where the page begins.</param>
    void Do(long offset);
}
