using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;

namespace Hypernode.Client.Tests;

/// <summary>The README's example compiles: it stands here as it stands there.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public async Task The_example_is_this_code()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Hypernode.slnx")))
        {
            root = root.Parent ?? throw new InvalidOperationException("the repository's root is not above the tests");
        }

        var readme = await File.ReadAllTextAsync(Path.Combine(root.FullName, "Hypernode.Client", "README.md"));
        var here = await File.ReadAllTextAsync(Path.Combine(root.FullName, "tests", "Hypernode.Client.Tests", "ReadmeTests.cs"));
        var example = Between(readme, "```csharp\n", "```");
        var code = string.Join('\n', Between(here, "// The README's, from here\n", "        // to here").Split('\n').Select(l => l.StartsWith("        ", StringComparison.Ordinal) ? l[8..] : l));

        example[(example.IndexOf("\n\n", StringComparison.Ordinal) + 2)..].ShouldBe(code);
    }

    /// <summary>Compiled, not run: it needs a network.</summary>
    internal static async Task ExampleAsync(IKeyStore keyStore, Deployment deployment)
    {
        // The README's, from here
        // Your wallet: an address, and a callback that signs bytes with its Ed25519 key.
        var wallet = new WalletSigner(WalletAddress.Parse("9xQe…"), (message, cancellationToken) => keyStore.SignAsync(message, cancellationToken));
        using var http = new HttpClient { BaseAddress = new Uri("https://api.example") };
        using var hypernode = new HypernodeClient(http);
        await hypernode.SignInAsync(wallet);

        using var words = File.OpenRead("words.txt");
        var input = await hypernode.UploadAsync("words.txt", words);
        var job = new JobSpec(
            JobType.Custom, "sha256:…", new JobLimits(CpuMillis: 1_000, MemoryMb: 256), EstimatedTime: 30, Script: "sort /in/words.txt > /out/sorted.txt", Inputs: [input]);

        // Nothing is signed that was not held against your job, your amount and the deployment that you know.
        var submitted = await hypernode.SubmitAsync(wallet, new HyperAmount(1_000_000), job, deployment); // 1 HYPER
        await foreach (var said in hypernode.FollowAsync(submitted.JobId))
        {
            Console.Write(said.Text);
        }

        var ended = await hypernode.WaitAsync(submitted.JobId);
        Console.WriteLine($"{ended.State}: {new HyperAmount(ended.Charge)} HYPER");
        foreach (var file in (await hypernode.ResultsAsync(submitted.JobId)).Items)
        {
            await using var to = File.Create(Path.GetFileName(file.Name));
            await hypernode.DownloadAsync(submitted.JobId, file, to);
        }
        // to here
    }

    private static string Between(string text, string begin, string end)
    {
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }

    internal interface IKeyStore
    {
        ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);
    }
}
