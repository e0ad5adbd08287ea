namespace Concord.Tests.House;

/// <summary>A line is read at a glance, beside another window: it has at most 120 characters.</summary>
internal static class LineRule
{
    private const int CharactersMax = 120;

    public static IEnumerable<Finding> Check(HouseFile file)
    {
        int number = 0;
        foreach (string line in file.Text.Split('\n'))
        {
            number++;
            if (line.Length <= CharactersMax) continue;
            yield return new Finding(
                file.Path, number, $"{line.Length} characters; a line has at most {CharactersMax}");
        }
    }
}
