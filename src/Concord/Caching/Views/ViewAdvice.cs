namespace Concord;

/// <summary>How native code is going to touch a view.</summary>
public enum ViewAdvice
{
    /// <summary>
    /// Nothing is known: a miss brings in its neighbours too, more of them while misses follow each other.
    /// </summary>
    Normal = 0,

    /// <summary>From the beginning to the end: a miss brings in as much behind it as one answer may.</summary>
    Sequential,

    /// <summary>Anywhere: a miss brings in one page.</summary>
    Random,

    /// <summary>
    /// Soon: the pages are brought in in the background. Errors are not reported; a touch asks again.
    /// </summary>
    WillNeed,
}
