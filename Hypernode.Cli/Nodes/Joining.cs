using System.Text.Json.Nodes;
using Hypernode.Cli.Client;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Hardware;
using Hypernode.Solana;

namespace Hypernode.Cli.Nodes;

/// <summary>Makes this machine a node: each step looks first, and does only what is missing.</summary>
internal sealed class Joining(JoinPlan plan, IMachine machine, ApiClient api, IRpcClient rpc, IIdSource ids, TimeProvider time)
{
    private readonly List<JoinStep> _steps = [];
    private readonly NodeFolder _folder = plan.Folder;
    private string? _apiBroker;

    public async Task<JoinReport> RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder.Root);
        var node = Identity();
        using var key = Key();
        using var wallet = plan.Wallet is null ? null : LoadWallet(plan.Wallet);
        var authority = wallet?.PublicKey ?? plan.Authority ?? throw new CliException("--wallet FILE, or --authority ADDRESS with --unsigned, says whom the node earns for");

        var hardware = await DetectAsync(cancellationToken);
        var benchmarks = Measure();
        var published = await api.FindNodeAsync(node.ToString(), cancellationToken);
        _apiBroker = published?.Broker;
        var offer = PlannedOffer.Of(plan, hardware, published, _folder.Options());
        var report = new JoinReport(node.ToString(), key.PublicKey.Key, authority.Key, _folder.SettingsFile, false, []);
        report = await OnChainAsync(report, node, key, wallet, authority, offer, cancellationToken);
        report = await AtApiAsync(report, node, key, wallet, authority, offer, published, cancellationToken);

        // Last: what chain or API refuse never replaces settings that work.
        Save(node, offer, authority, benchmarks);
        return report with { Steps = _steps, Changed = _steps.Exists(s => s.Changed) };
    }

    private NodeId Identity()
    {
        var made = !File.Exists(_folder.IdFile);
        if (made)
        {
            File.WriteAllText(_folder.IdFile, new NodeId(ids.NewId()).ToString());
        }

        var id = NodeId.TryParse(File.ReadAllText(_folder.IdFile).Trim(), null, out var read) ? read : throw new CliException($"{_folder.IdFile} holds no node id");
        _steps.Add(new("id", made, id.ToString()));
        return id;
    }

    private Account Key()
    {
        var made = !File.Exists(_folder.KeyFile);
        var key = KeyFile.LoadOrCreate(_folder.KeyFile);
        _steps.Add(new("key", made, $"{key.PublicKey} in {_folder.KeyFile}{(made ? ": keep a backup, the node is bound to it" : "")}"));
        return key;
    }

    private static Account LoadWallet(string path)
    {
        try
        {
            return KeyFile.Load(path);
        }
        catch (Exception e) when (e is FormatException or IOException or ArgumentException)
        {
            throw new CliException($"--wallet: {e.Message}", e);
        }
    }

    private async Task<HardwareReport> DetectAsync(CancellationToken cancellationToken)
    {
        string? image = null;
        try
        {
            image = HardwareDetection.ProbeImage(await machine.ImagesAsync(cancellationToken), plan.Images)?.Id;
        }
        catch (EngineUnavailableException)
        {
            // Detection says it, and the doctor how to mend it.
        }

        var found = await HardwareDetection.RunAsync(machine, _folder.Options(), image, cancellationToken);
        var gpus = found.Gpus.Count > 0 ? $"{string.Join(", ", found.Gpus.Select(g => $"{g.Model} {g.VramMb} MiB"))}, driver {found.Driver}, CUDA {found.Cuda ?? "unknown"}" : "no GPU";
        _steps.Add(new("hardware", false, $"{found.Machine.Cores} × {found.Machine.CpuModel}, {found.Machine.MemoryMb} MiB, {found.Machine.DiskFreeBytes >> 30} GiB free, {gpus}{(found.Engine is null ? $"; {found.GpuRemark}" : "")}"));
        return found;
    }

    private IReadOnlyList<BenchmarkFigure> Measure()
    {
        var known = _folder.Home()?.Benchmarks;
        var figures = known is { Count: > 0 } ? known : Benchmark.Run(time, plan.BenchmarkFor);
        _steps.Add(new("benchmark", !ReferenceEquals(figures, known), string.Join(", ", figures.Select(f => $"{f.Type} {f.Value} {f.Unit}"))));
        return figures;
    }

    /// <summary>The folder of job files that the control plane shares, where there is one; else the API has them.</summary>
    private string? Shared() => plan.Blobs ?? _folder.Options().BlobFolder switch
    {
        var kept when kept.Length > 0 && kept != _folder.In("blobs") => kept,
        _ => null, // none, or the one that nobody shared and that nodes were given when they had to have some
    };

    private void Save(NodeId node, NodeOffer offer, PublicKey authority, IReadOnlyList<BenchmarkFigure> benchmarks)
    {
        var agent = new JsonObject
        {
            ["NodeId"] = node.ToString(),
            ["DataFolder"] = _folder.In("data"),
            ["KeyFile"] = _folder.KeyFile,
            ["Network"] = plan.Network,
            ["Slots"] = offer.Slots,
            ["MaxCpuMillis"] = offer.CpuMillis,
            ["MaxMemoryMb"] = offer.MemoryMb,
            ["Gpus"] = new JsonArray([.. offer.Gpus.Select(g => (JsonNode)g.Uuid)]),
            ["Images"] = new JsonArray([.. offer.Images.Select(i => (JsonNode)i)]),
            ["NetworkModes"] = new JsonArray([.. (offer.NetworkModes ?? []).Select(m => (JsonNode)m.ToString())]),
            ["Api"] = Shared() is null ? plan.Api : "",
            ["BlobFolder"] = Shared() ?? "",
        };
        foreach (var (name, value) in new[] { ("Broker", Broker()), ("EngineHost", plan.Engine) })
        {
            if (value is not null)
            {
                agent[name] = value;
            }
        }

        var changed = _folder.Write(agent, new NodeHome(plan.Api, plan.Rpc, plan.Network, plan.Registry.Key, authority.Key, benchmarks));
        _steps.Add(new("settings", changed, _folder.SettingsFile));
    }

    /// <summary>What was asked for, else what is set, else what the API says. One with a password is of old: the broker takes none any more.</summary>
    private string? Broker() =>
        plan.Broker ?? (Uri.TryCreate(_folder.Options().Broker, UriKind.Absolute, out var kept) && kept.UserInfo.Length == 0 ? null : _apiBroker);

    private async Task<JoinReport> OnChainAsync(
        JoinReport report, NodeId node, Account key, Account? wallet, PublicKey authority, NodeOffer offer, CancellationToken cancellationToken)
    {
        var chain = new NodeOnChain(rpc, plan.Registry, time);
        await chain.LearnAsync(_folder.Sent, cancellationToken);
        var missing = await chain.MissingAsync(node, authority, key.PublicKey, offer, plan.Stake.BaseUnits, cancellationToken);
        var what = string.Join(", ", missing.Select(m => m.What));
        if (missing.Count == 0)
        {
            _steps.Add(new("chain", false, $"registered, with at least {plan.Stake} HYPER at stake"));
            return report;
        }

        IReadOnlyList<TransactionInstruction> instructions = [.. missing.Select(m => m.Instruction)];
        if (wallet is null)
        {
            _steps.Add(new("chain", false, $"to be signed by the wallet: {what}"));
            return report with { Transaction = await chain.UnsignedAsync(instructions, authority, key, cancellationToken) };
        }

        _steps.Add(new("chain", true, $"{what}: {await chain.SendAsync(instructions, wallet, key, _folder.Sent, plan.Network == "localnet", cancellationToken)}"));
        return report;
    }

    private async Task<JoinReport> AtApiAsync(
        JoinReport report, NodeId node, Account key, Account? wallet, PublicKey authority, NodeOffer offer, NodeAnswer? published, CancellationToken cancellationToken)
    {
        if (published is not null && PlannedOffer.IsAsPublished(published, _folder.Options(), offer, key.PublicKey, authority))
        {
            _steps.Add(new("api", false, $"{plan.Api} knows the node and its offer"));
            return report;
        }

        var registration = new NodeRegistration(
            node, WalletAddress.FromBytes(key.PublicKey.AsSpan()), WalletAddress.FromBytes(authority.AsSpan()), plan.Hostname ?? Environment.MachineName.ToLowerInvariant(),
            offer, plan.TimestampMs ?? time.GetUtcNow().ToUnixTimeMilliseconds());
        var text = registration.ToSigningText(plan.Network);
        var signature = wallet is null ? plan.AuthoritySignature : ApiClient.Sign(wallet, text);
        if (signature is null)
        {
            _steps.Add(new("api", false, "to be signed by the wallet: the registration text (then: --authority-signature and --timestamp)"));
            return report with { RegistrationText = text, TimestampMs = registration.Timestamp };
        }

        _apiBroker = (await api.RegisterNodeAsync(registration, plan.Network, key, signature, cancellationToken)).Broker;
        var gpus = string.Concat(GpuSlots.Describe(offer.Slots, offer.Gpus).Select(s => $"; {s}"));
        _steps.Add(new("api", true, $"registered at {plan.Api}: {offer.Slots} {(offer.Slots == 1 ? "slot" : "slots")} of {offer.CpuMillis} mCPU and {offer.MemoryMb} MiB at {offer.PricePerSecond} HYPER a second{gpus}"));
        return report;
    }
}
