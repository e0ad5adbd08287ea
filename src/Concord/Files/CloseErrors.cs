using System.Runtime.ExceptionServices;

namespace Concord;

/// <summary>Makes one error of what several files have thrown.</summary>
internal static class CloseErrors
{
    /// <summary>Throws the only error as it is, or one that has all of them; does nothing without any.</summary>
    /// <param name="errors">The errors, each of one file.</param>
    /// <param name="what">What could not be done with them.</param>
    /// <exception cref="WriteBackException">Of several some are of a store.</exception>
    /// <exception cref="InvalidOperationException">Of several all are pages that somebody holds.</exception>
    internal static void ThrowAll(IReadOnlyList<Exception> errors, string what)
    {
        if (errors is [var only]) ExceptionDispatchInfo.Throw(only);
        if (errors is not [var first, ..]) return;
        string message = $"{errors.Count} files could not be {what}; the first: {first.Message}";
        var all = new AggregateException(errors);
        bool areAllHeld = errors.All(static error => error is InvalidOperationException);
        if (areAllHeld) throw new InvalidOperationException(message, all);
        var result = errors.OfType<WriteBackException>().FirstOrDefault()?.Result ?? default;
        throw new WriteBackException(message, result, all);
    }
}
