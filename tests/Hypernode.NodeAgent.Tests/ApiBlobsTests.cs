using System.Net;
using Hypernode.Contracts.Commands;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Text;
using Hypernode.NodeAgent.Adapters.Http;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hypernode.NodeAgent.Tests;

/// <summary>Job files over a wire that fails, from an API that can't be trusted with more than it needs.</summary>
public sealed class ApiBlobsTests : IDisposable
{
    private readonly TestKit _kit = new();
    private readonly FakeTime _time = new();
    private readonly FakeApi _api = new();
    private readonly byte[] _input = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];
    private readonly ApiBlobs _blobs;

    public ApiBlobsTests() => _blobs = Create(1 << 20);

    private static TimeSpan Step => TimeSpan.FromSeconds(5);

    private string Cache => Path.Combine(_kit.Folder, "inputs");

    public void Dispose()
    {
        _blobs.Dispose();
        _kit.Dispose();
    }

    [Fact]
    public async Task An_input_is_fetched_with_the_nodes_session_and_comes_from_the_cache_the_next_time()
    {
        var command = Command(_input);

        (await ReadAsync(command)).ShouldBe(_input);
        (await ReadAsync(command)).ShouldBe(_input);

        _api.Asked.Count(a => a.StartsWith("GET", StringComparison.Ordinal)).ShouldBe(1);
        _api.Asked.ShouldContain($"GET /api/blobs/{Hash256.Of(_input)}?job={command.JobId}&attempt=1");
        _api.Logins.ShouldBe(1);
    }

    [Fact]
    public async Task A_download_that_breaks_goes_on_where_it_stopped()
    {
        _api.BreakAfter = 100_000;

        (await PassingAsync(ReadAsync(Command(_input)))).ShouldBe(_input);

        _api.Asked.Where(a => a.StartsWith("GET", StringComparison.Ordinal)).Select(a => a.Split(' ')[^1])
            .Skip(1).ShouldBe(["bytes=100000-", "bytes=200000-"]);
    }

    [Fact]
    public async Task What_is_not_the_file_of_its_hash_is_neither_given_nor_kept()
    {
        var command = Command(_input);
        _api.Inputs[Hash256.Of(_input).ToString()] = [.. _input[..^1], 0];

        await Should.ThrowAsync<InputsUnavailableException>(ReadAsync(command));
        Directory.EnumerateFiles(Cache).ShouldBeEmpty();
    }

    [Fact]
    public async Task No_more_is_written_than_was_signed()
    {
        var command = Command(_input);
        _api.Inputs[Hash256.Of(_input).ToString()] = new byte[10_000_000];

        await Should.ThrowAsync<InputsUnavailableException>(ReadAsync(command));
        new DirectoryInfo(Cache).EnumerateFiles().Sum(f => f.Length).ShouldBeLessThanOrEqualTo(_input.Length);
    }

    [Fact]
    public async Task A_spoiled_file_in_the_cache_is_fetched_anew()
    {
        var command = Command(_input);
        await ReadAsync(command);
        var file = Directory.EnumerateFiles(Cache).Single();
        File.WriteAllBytes(file, [.. _input[..^1], 0]);

        (await ReadAsync(command)).ShouldBe(_input);
    }

    [Fact]
    public async Task The_cache_lets_go_of_what_is_longest_unused_and_what_is_open_stays_readable()
    {
        using var small = Create(700_000);
        byte[][] inputs = [.. Enumerable.Range(0, 3).Select(i => (byte[])[(byte)i, .. _input])];
        var first = await OpenAsync(small, Command(inputs[0]));
        foreach (var input in inputs[1..])
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await (await OpenAsync(small, Command(input))).DisposeAsync();
        }

        Directory.EnumerateFiles(Cache).Select(Path.GetFileName).ShouldBe(inputs[1..].Select(i => Hash256.Of(i).ToString()), ignoreOrder: true);
        (await AllAsync(first)).ShouldBe(inputs[0]);
    }

    [Fact]
    public async Task Two_attempts_that_want_the_same_file_fetch_it_once()
    {
        var (one, other) = (Command(_input), Command(_input));

        var both = await Task.WhenAll(ReadAsync(one), ReadAsync(other));

        both.ShouldAllBe(b => b.SequenceEqual(_input));
        _api.Asked.Count(a => a.StartsWith("GET", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task An_input_that_the_API_does_not_give_is_not_asked_for_again()
    {
        _api.Answer = _ => HttpStatusCode.NotFound;

        var said = await Should.ThrowAsync<InputsUnavailableException>(ReadAsync(Command(_input)));

        said.Message.ShouldContain("404");
        _api.Asked.Count(a => a.StartsWith("GET", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task An_API_that_stays_away_is_waited_for_until_the_attempt_is_too_late_to_begin()
    {
        _api.Down = true;
        var command = Command(_input);

        var reading = ReadAsync(command);
        await _time.AdvanceUntilAsync(() => reading.IsCompleted, TimeSpan.FromMinutes(1), step: Step);

        (await Should.ThrowAsync<InputsUnavailableException>(reading)).Message.ShouldContain("in time");
        // Not earlier. The virtual clock runs on until this thread hears of the end, so how much later it is says nothing.
        _time.NowMs.ShouldBeGreaterThanOrEqualTo(command.StartBy - 10_000);
    }

    [Fact]
    public async Task An_output_waits_in_the_attempts_folder_for_an_API_that_is_away_for_minutes()
    {
        var attempt = _blobs.Of(Command(_input), _kit.Folder);
        _api.Down = true;
        var (hash, bytes) = await attempt.PutAsync(new MemoryStream("result"u8.ToArray()), 100, default);
        bytes.ShouldBe(6);

        var delivering = attempt.DeliverAsync([hash], default);
        var end = _time.GetUtcNow() + TimeSpan.FromMinutes(5);
        await _time.AdvanceUntilAsync(() => _time.GetUtcNow() >= end, TimeSpan.FromMinutes(6), step: Step);
        delivering.IsCompleted.ShouldBeFalse();
        File.ReadAllText(Path.Combine(_kit.Folder, "outbox", hash.ToString())).ShouldBe("result");

        _api.Down = false;
        await PassingAsync(delivering);
        _api.Outputs[hash.ToString()].ShouldBe("result"u8.ToArray());
        await attempt.DeliverAsync([hash], default);
        _api.Asked.Count(a => a.StartsWith("PUT", StringComparison.Ordinal)).ShouldBe(1, "what is confirmed is not sent again");
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task An_API_that_says_later_is_asked_later(HttpStatusCode later)
    {
        var left = 3;
        _api.Answer = _ => left-- > 0 ? later : null;

        (await PassingAsync(ReadAsync(Command(_input)))).ShouldBe(_input);
    }

    [Fact]
    public async Task A_session_that_is_no_good_any_more_is_renewed()
    {
        var left = 1;
        _api.Answer = _ => left-- > 0 ? HttpStatusCode.Unauthorized : null;
        (await ReadAsync(Command(_input))).ShouldBe(_input);
        _api.Logins.ShouldBe(2);

        _time.Advance(TimeSpan.FromHours(1));
        (await ReadAsync(Command([1, .. _input]))).ShouldBe([1, .. _input]);
        _api.Logins.ShouldBe(3);
    }

    [Fact]
    public async Task An_output_that_nobody_waits_for_any_more_ends_the_attempt()
    {
        var attempt = _blobs.Of(Command(_input), _kit.Folder);
        var (hash, _) = await attempt.PutAsync(new MemoryStream([1]), 100, default);
        _api.Answer = _ => HttpStatusCode.NotFound;

        (await Should.ThrowAsync<DeclinedException>(attempt.DeliverAsync([hash], default))).Reason.ShouldBe("expired");
    }

    [Fact]
    public async Task More_than_may_be_put_is_not_kept()
    {
        var attempt = _blobs.Of(Command(_input), _kit.Folder);

        await Should.ThrowAsync<InvalidDataException>(attempt.PutAsync(new MemoryStream(new byte[101]), 100, default));
        Directory.EnumerateFiles(Path.Combine(_kit.Folder, "outbox")).ShouldBeEmpty();
    }

    public static TheoryData<string> OtherTexts => new()
    {
        "HYPERNODE Node Registration\n\nNetwork: localnet\nNode ID: x\nNode key: {0}\nAuthority: x\nOffer: x\nTimestamp: 1",
        "HYPERNODE Sign-in\n\nNetwork: localnet\nWallet: 4Nd1mYQZUgBsBpPYrSeLP3fVfBUjk8J9V8JYwrrw6uyv\nChallenge: a\nExpires: x\n\nBy signing this message, you sign in. It moves no money.",
        "HYPERNODE Sign-in\n\nNetwork: localnet\nWallet: {0}\nChallenge: a\nExpires: x\n\nBy signing this message, you sign in. It moves no money.\nAmount: 5",
        "HYPERNODE/receipt/v1",
        "",
    };

    [Theory]
    [MemberData(nameof(OtherTexts))]
    public async Task The_nodes_key_signs_nothing_but_a_sign_in_of_its_own(string text)
    {
        _api.ChallengeOf = wallet => text.Replace("{0}", wallet, StringComparison.Ordinal);
        var reading = ReadAsync(Command(_input));
        await _time.AdvanceUntilAsync(() => reading.IsCompleted, TimeSpan.FromMinutes(1), step: Step);

        await Should.ThrowAsync<InputsUnavailableException>(reading);
        _api.Signed.ShouldBeEmpty();
    }

    private ApiBlobs Create(long cacheBytes) => new(_api, new Uri("http://127.0.0.1/"), _kit.Signer, Cache, cacheBytes, _time, NullLogger.Instance);

    private ExecuteJob Command(byte[] input)
    {
        _api.Add(input);
        var spec = new JobSpec(
            JobType.Custom, "sha256:" + new string('1', 64), new JobLimits(1_000, 64), 5, Script: "true", Inputs: [new JobInput("a", Hash256.Of(input), input.Length)]);
        return _kit.Execute(spec, _time.NowMs);
    }

    private async Task<byte[]> ReadAsync(ExecuteJob command) => await AllAsync(await OpenAsync(_blobs, command));

    private async Task<Stream> OpenAsync(ApiBlobs blobs, ExecuteJob command) =>
        (await blobs.Of(command, _kit.Folder).OpenAsync(command.Spec.Inputs![0].Sha256, default)).ShouldNotBeNull();

    private static async Task<byte[]> AllAsync(Stream stream)
    {
        await using var _ = stream;
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private async Task<T> PassingAsync<T>(Task<T> task)
    {
        await PassingAsync((Task)task);
        return await task;
    }

    private async Task PassingAsync(Task task)
    {
        await _time.AdvanceUntilAsync(() => task.IsCompleted, TimeSpan.FromSeconds(30));
        await task;
    }
}
