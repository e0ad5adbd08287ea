namespace Concord.Testing;

/// <summary>What came of a check that found no broken promise.</summary>
/// <param name="Check">The name of the check.</param>
/// <param name="Ran">Whether it tried the store at all.</param>
/// <param name="LeftOut">
/// What it did not try, and why: the store cannot do that, or something is not overridden that it needs. Null where
/// everything was tried.
/// </param>
public readonly record struct StoreCheckOutcome(string Check, bool Ran, string? LeftOut);
