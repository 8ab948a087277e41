using System.CommandLine;
using System.Text.Json.Nodes;
using Hypernode.Cli.Adapters;
using Hypernode.Cli.Chain;
using Hypernode.Cli.Client;
using Hypernode.Contracts.Money;
using Hypernode.Solana;

namespace Hypernode.Cli.Jobs.Runs;

/// <summary>A run and all that it asks: the API, the chain, and the wallet, which signs each job's payment by itself.</summary>
internal sealed class RunSession : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(400);

    private readonly HttpClient _http;
    private readonly ApiClient _api;
    private readonly Account _wallet;
    private readonly ChainView _chain;

    private RunSession(HttpClient http, ApiClient api, Account wallet, ChainView chain) => (_http, _api, _wallet, _chain) = (http, api, wallet, chain);

    public string Payer => _wallet.PublicKey.Key;

    public string Program => _chain.Program.ProgramIdKey.Key;

    public static async Task<RunSession> OpenAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var wallet = Connection.OpenWallet(parsed);
        var http = new HttpClient();
        var api = Connection.OpenApi(parsed);
        var session = new RunSession(http, api, wallet, Connection.ChainOf(parsed, Connection.RpcOf(parsed, http)));
        try
        {
            await api.SignInAsync(wallet, cancellationToken);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>What is not signed yet must be there to be paid: else some jobs would be paid for, and the rest could not.</summary>
    /// <exception cref="CliException">It is not.</exception>
    public async Task CheckFundsAsync(RunPlan plan, IEnumerable<HyperAmount> unsigned, CancellationToken cancellationToken)
    {
        var needed = unsigned.Aggregate(HyperAmount.Zero, (sum, a) => sum + a);
        var funds = await Market(plan.Funding).FundsAsync(cancellationToken);
        if (funds.Hyper < needed)
        {
            throw new CliException($"the run may cost {needed} HYPER, and the wallet holds {funds.Hyper}; nothing was signed") { ExitCode = ExitCodes.Payment };
        }

        if (funds.Spendable < needed)
        {
            throw new CliException($"the run may cost {needed} HYPER, and signed intents may take {funds.Spendable}: ./hn wallet approve --amount {needed}, or --funding transaction; nothing was signed")
            {
                ExitCode = ExitCodes.Payment,
            };
        }
    }

    /// <summary>To the run's end, or to Ctrl-C; then the run can be resumed.</summary>
    /// <returns>0: all succeeded; 4: not all did.</returns>
    public async Task<int> CarryAsync(ParseResult parsed, RunFile file, CancellationToken cancellationToken)
    {
        var plan = file.State.Plan;
        if (plan.Payer != Payer)
        {
            throw new CliException($"the run is paid by {plan.Payer}, and --wallet is {Payer}") { ExitCode = ExitCodes.Usage };
        }

        if (plan.Program != Program || plan.Network != parsed.GetRequiredValue(Connection.Network))
        {
            throw new CliException($"the run is on {plan.Network}, program {plan.Program}") { ExitCode = ExitCodes.Usage };
        }

        var json = parsed.GetValue(Connection.Json);
        var output = parsed.InvocationConfiguration.Output;
        var screen = new RunScreen(Terminal.Open(json), output, json, file.Folder, file.State, TimeProvider.System);
        if (json)
        {
            await output.WriteLineAsync(Said(RunEvents.Begun, file));
        }

        try
        {
            await screen.ShowAsync(changed => new RunEngine(file, Market(plan.Funding), changed, TimeProvider.System, Pause).RunAsync(cancellationToken));
        }
        catch (Exception e) when (e is OperationCanceledException or UnknownAnswerException && cancellationToken.IsCancellationRequested)
        {
            var under = file.State.Jobs.Count(j => j is { Signed: not null, IsOver: false });
            CommandRun.Say($"{under} jobs go on without you, nothing more is begun. Go on: ./hn job resume {file.Folder}; end it: ./hn job cancel {file.Folder}");
            throw new OperationCanceledException("interrupted", e, cancellationToken);
        }
        catch (UnknownAnswerException e)
        {
            throw new CliException($"{e.Message}: ./hn job resume {file.Folder} asks again, and pays nothing twice", e) { ExitCode = ExitCodes.Unavailable };
        }
        finally
        {
            RunIndex.Write(file.Folder, file.State);
        }

        await output.WriteLineAsync(json ? Said("summary", file) : Terminal.Harmless(RunScreen.Summary(file.Folder, file.State)));
        return file.State.Succeeded ? 0 : ExitCodes.JobFailed;
    }

    private static string Said(string what, RunFile file)
    {
        var line = RunIndex.Of(file.Folder, file.State);
        line.Insert(0, "event", what);
        return line.ToJsonString();
    }

    public void Dispose()
    {
        _api.Dispose();
        _http.Dispose();
        _wallet.Dispose();
    }

    private ApiMarket Market(Funding funding) => new(_api, _chain, _wallet, funding, TimeProvider.System);
}
