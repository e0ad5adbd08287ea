namespace Concord;

/// <summary>How native code is going to touch a view.</summary>
public enum ViewAdvice
{
    /// <summary>
    /// Nothing is known: a miss also loads neighbouring pages, more of them while misses follow each other.
    /// </summary>
    Normal = 0,

    /// <summary>From the beginning to the end: a miss loads as many following pages as one answer may.</summary>
    Sequential,

    /// <summary>At random: a miss loads one page.</summary>
    Random,

    /// <summary>
    /// Soon: the pages are loaded in the background. Errors are not reported; a touch of the page loads it again.
    /// </summary>
    WillNeed,
}
