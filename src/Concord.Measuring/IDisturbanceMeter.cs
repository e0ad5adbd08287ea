namespace Concord.Measuring;

/// <summary>Counts how often the machine took a processor away from this process.</summary>
internal interface IDisturbanceMeter
{
    /// <summary>What is watched, for the report.</summary>
    string Watches { get; }

    /// <summary>A count that changes whenever something disturbed this process.</summary>
    /// <param name="withSwitches">Whether a thread of the process that had to leave its processor counts.</param>
    long Count(bool withSwitches);
}
