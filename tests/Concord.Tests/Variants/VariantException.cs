namespace Concord.Tests.Variants;

/// <summary>A variant of the library cannot be made: a change does not apply, or the result does not compile.</summary>
internal sealed class VariantException(string message) : Exception(message);
