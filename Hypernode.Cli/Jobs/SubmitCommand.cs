using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Cli.Jobs.Files;
using Hypernode.Cli.Jobs.Runs;
using Hypernode.Cli.Nodes;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Solana;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job submit</c>: from a job to a signed payment; nothing is signed that was not checked.</summary>
internal static class SubmitCommand
{
    /// <summary>Between two questions whether a submission arrived, longer each time.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly Argument<string[]> Words = new("FILE") { Description = "the job as JSON; or, with --image, after --: a command and its arguments", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string?> Image = new("--image") { Description = "name@sha256:… or sha256:… (instead of the file's)" };
    private static readonly Option<string> Amount = Connection.Hyper("--amount", "HYPER: the most that the job may cost (default: the file's amount); what is not used comes back");
    private static readonly Option<Funding> Money = new("--funding") { Description = "what the wallet signs: intent (a text, after hn wallet approve), or transaction", DefaultValueFactory = _ => Funding.Intent };
    private static readonly Option<bool> Watch = new("--watch") { Description = "follow it to its end, as hn job watch does" };
    private static readonly Option<string[]> Input = new("--input") { Description = "NAME=PATH: a file for the command (repeatable)" };
    private static readonly Option<JobType> Type = new("--type") { Description = "of a command's job", DefaultValueFactory = _ => JobType.Custom };
    private static readonly Option<int> Cpu = new("--cpu-millis") { Description = "thousandths of a core, for a command", DefaultValueFactory = _ => 1_000 };
    private static readonly Option<int> Memory = new("--memory-mb") { Description = "MiB, for a command", DefaultValueFactory = _ => 256 };
    private static readonly Option<int> Gpus = new("--gpus") { Description = "whole GPUs, for a command", DefaultValueFactory = _ => 0 };
    private static readonly Option<int> Estimate = new("--estimate") { Description = "seconds that a command will take; it is ended after one and a half times that", DefaultValueFactory = _ => 60 };

    public static Command Create()
    {
        Amount.Required = false;
        NodeCommands.Refuse(Image, t => NodeAgent.Execution.ImageReference.TryParse(t, out _) ? null : "must be name@sha256:… or sha256:…");
        NodeCommands.Refuse(Input, t => t.IndexOf('=') is > 0 and var at && at < t.Length - 1 ? null : "must be NAME=PATH");
        var command = new Command(
            "submit",
            """
            Submit a job: upload its inputs, have the payment prepared, check what came back against the job and the chain, sign it.

            Examples:
              ./hn job submit job.json --amount 1 --wallet wallet.json --watch
              ./hn job submit job.json --amount 1 --wallet wallet.json --funding transaction --json | jq -r .jobId
              ./hn job submit --image busybox@sha256:… --amount 0.5 --wallet wallet.json --input text=notes.txt -- wc -w /in/text
            """)
        {
            Words, Image, Amount, Connection.Wallet, Connection.Api, Connection.Rpc, Connection.Network, Connection.Program, Money, Watch, Input, Type, Cpu, Memory, Gpus, Estimate, Connection.Json,
        };
        Connection.Handle(command, RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var file = await JobOfAsync(parsed, cancellationToken);
        var amount = parsed.GetValue(Amount) is { } given ? Connection.AmountOf(given)
            : file.Amount ?? throw Usage("--amount HYPER is needed, or amount in the file: the most that the job may cost");
        using var wallet = Connection.OpenWallet(parsed);
        using var http = new HttpClient();
        using var api = Connection.OpenApi(parsed);
        var chain = Connection.ChainOf(parsed, Connection.RpcOf(parsed, http));
        await api.SignInAsync(wallet, cancellationToken);
        await file.UploadAsync(api, cancellationToken);
        var signed = await SubmitAsync(new ApiMarket(api, chain, wallet, parsed.GetValue(Money), TimeProvider.System), amount, file.Job, Pause, cancellationToken);
        var jobId = signed.JobId;
        if (parsed.GetValue(Watch))
        {
            CommandRun.Say($"submitted {jobId}");
            return await WatchCommand.ToItsEndAsync(parsed, api, jobId, cancellationToken);
        }

        var answer = new JsonObject
        {
            ["jobId"] = jobId,
            ["intentId"] = signed.IntentId,
            ["amount"] = amount.BaseUnits,
            ["specHash"] = file.Job.Hash().ToString(),
            ["expiresAt"] = signed.Prepared.PaymentIntent.ExpiresAt,
        };
        await Connection.AnswerAsync(parsed, answer, () => $"submitted {jobId} for at most {amount} HYPER\nfollow it: ./hn job watch {jobId}");
        return 0;
    }

    /// <summary>Where the answer is lost, the same signed payment is asked for, and sent again only where nobody has it: it is paid once.</summary>
    /// <exception cref="CliException">Nothing was signed; or it was, and nobody knows whether it arrived.</exception>
    internal static async Task<Signed> SubmitAsync(IMarket market, HyperAmount amount, JobSpec job, TimeSpan pause, CancellationToken cancellationToken)
    {
        var signed = await market.SignAsync(amount, job, cancellationToken);
        try
        {
            await new Submitting(market, TimeProvider.System, pause).EnsureAsync(signed, cancellationToken);
            return signed;
        }
        catch (UnknownAnswerException e)
        {
            throw new CliException($"{e.Message}: ask with ./hn job watch {signed.JobId} before you submit it again", e)
            {
                ExitCode = cancellationToken.IsCancellationRequested ? ExitCodes.Interrupted : ExitCodes.Unavailable,
            };
        }
    }

    internal static Task<JobFile> JobOfAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var words = parsed.GetValue(Words) ?? [];
        var dashes = parsed.Tokens.ToList().FindIndex(t => t.Type == TokenType.DoubleDash);
        var cmd = dashes < 0 ? [] : parsed.Tokens.Skip(dashes + 1).Select(t => t.Value).ToList();
        var files = words.Take(words.Length - cmd.Count).ToList();
        var image = parsed.GetValue(Image);
        return (files, cmd, image) switch
        {
            ([var path], [], _) when File.Exists(path) => JobFile.ReadAsync(path, image, cancellationToken),
            ([var path], [], _) => throw Usage($"there is no file {path}"),
            ([], { Count: > 0 }, { } named) => Task.FromResult(OfCommand(parsed, named, cmd)),
            ([], { Count: > 0 }, null) => throw Usage("--image is needed to run a command"),
            _ => throw Usage("a job's FILE, or --image IMAGE -- CMD…: one of the two"),
        };
    }

    private static JobFile OfCommand(ParseResult parsed, string image, IReadOnlyList<string> cmd)
    {
        var inputs = new List<Upload>();
        foreach (var text in parsed.GetValue(Input) ?? [])
        {
            var at = text.IndexOf('=');
            var path = text[(at + 1)..];
            inputs.Add(File.Exists(path) ? new Upload(JobFile.InputOf(text[..at], path), path) : throw Usage($"--input: there is no file {path}"));
        }

        return new JobFile(
            new JobSpec(
                parsed.GetValue(Type),
                image,
                new JobLimits(parsed.GetValue(Cpu), parsed.GetValue(Memory), parsed.GetValue(Gpus)),
                parsed.GetValue(Estimate),
                Cmd: cmd,
                Inputs: inputs.Count == 0 ? null : [.. inputs.Select(i => i.Input)]),
            inputs);
    }

    private static CliException Usage(string text) => new(text) { ExitCode = ExitCodes.Usage };
}
