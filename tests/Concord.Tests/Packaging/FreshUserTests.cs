namespace Concord.Tests.Packaging;

/// <summary>An account that was made a moment ago, with nothing but the packages and the README.</summary>
[Collection(nameof(FeedCollection))]
public sealed class FreshUserTests(LocalFeed feed)
{
    [Fact]
    public void What_the_README_tells_works_in_an_empty_home()
    {
        Assert.SkipUnless(TestRun.IsPackages, SkipPolicy.PackagesRun + "installs and builds as a fresh user");
        Assert.SkipUnless(feed.SkipReason is null, feed.SkipReason ?? "");
        Assert.SkipUnless(
            OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "the fresh user works in a shell of Linux");
        string script = Path.Combine(Repository.Root, "eng", "fresh-user.sh");
        string said = LocalFeed.RunInRepository("bash", script, feed.FeedPath);
        Assert.EndsWith("\na fresh user did all of it\n", said, StringComparison.Ordinal);
    }
}
