namespace Concord.HitRatios.Policies;

/// <summary>Scatters page numbers evenly over 32 bits.</summary>
internal static class PageHash
{
    internal static uint Of(int page, uint salt)
    {
        uint hash = (uint)page ^ (salt * 0x9E3779B9);
        hash = (hash ^ (hash >> 16)) * 0x85EBCA6B;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35;
        return hash ^ (hash >> 16);
    }
}
