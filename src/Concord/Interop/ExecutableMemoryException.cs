namespace Concord.Interop;

/// <summary>The system refused to make machine code executable; the message says which step, and why.</summary>
internal sealed class ExecutableMemoryException(string message) : IOException(message);
