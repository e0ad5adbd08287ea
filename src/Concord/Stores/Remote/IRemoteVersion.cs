namespace Concord.Stores;

/// <summary>A version of a remote file, as its server described it.</summary>
internal interface IRemoteVersion
{
    /// <summary>Its length in bytes.</summary>
    long Length { get; }
}
