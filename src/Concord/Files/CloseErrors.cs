using System.Runtime.ExceptionServices;
using Concord.Interop;

namespace Concord;

/// <summary>Makes one error of the errors of several files.</summary>
internal static class CloseErrors
{
    /// <summary>
    /// Throws a single error as it is, several as one that contains them; does nothing without errors.
    /// </summary>
    /// <param name="errors">The errors, each of one file.</param>
    /// <param name="what">What could not be done with them.</param>
    /// <exception cref="WriteBackException">There are several, and some come from a store.</exception>
    /// <exception cref="InvalidOperationException">There are several, and all say that pages are held.</exception>
    internal static void ThrowAll(IReadOnlyList<Exception> errors, string what)
    {
        if (errors is [var only]) ExceptionDispatchInfo.Throw(only);
        if (errors is not [var first, ..]) return;
        string message = $"{errors.Count} files could not be {what}; the first: {ShownText.Of(first)}";
        var all = new AggregateException(errors);
        bool areAllHeld = errors.All(static error => error is InvalidOperationException);
        if (areAllHeld) throw new InvalidOperationException(message, all);
        var result = errors.OfType<WriteBackException>().FirstOrDefault()?.Result ?? default;
        throw new WriteBackException(message, result, all);
    }
}
