using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;
using Hypernode.Solana;

namespace Hypernode.Cli.Stack;

/// <summary>A node of ours: its id, its own key (signs receipts) and its authority wallet (is paid), kept under the data folder.</summary>
public sealed class AgentNode : IDisposable
{
    private AgentNode(AgentPlan plan, string folder, NodeId id, Account nodeKey, Account authority)
    {
        Plan = plan;
        Folder = folder;
        Id = id;
        NodeKey = nodeKey;
        Authority = authority;
    }

    public AgentPlan Plan { get; }

    public string Folder { get; }

    public NodeId Id { get; }

    public Account NodeKey { get; }

    public Account Authority { get; }

    public string NodeKeyPath => Path.Combine(Folder, "node-key.json");

    /// <summary>The same node again when the folder has it.</summary>
    public static AgentNode LoadOrCreate(AgentPlan plan, string dataPath, IIdSource ids)
    {
        var folder = Path.Combine(dataPath, "agents", plan.Name);
        Directory.CreateDirectory(folder);
        var idFile = Path.Combine(folder, "node-id");
        if (!File.Exists(idFile))
        {
            File.WriteAllText(idFile, new NodeId(ids.NewId()).ToString());
        }

        return new AgentNode(
            plan,
            folder,
            NodeId.Parse(File.ReadAllText(idFile)),
            KeyFile.LoadOrCreate(Path.Combine(folder, "node-key.json")),
            KeyFile.LoadOrCreate(Path.Combine(folder, "authority.json")));
    }

    public NodeRegistration Registration(DateTimeOffset now) => new(
        Id,
        WalletAddress.FromBytes(NodeKey.PublicKey.AsSpan()),
        WalletAddress.FromBytes(Authority.PublicKey.AsSpan()),
        Plan.Name,
        Plan.Offer,
        now.ToUnixTimeMilliseconds());

    public void Dispose()
    {
        NodeKey.Dispose();
        Authority.Dispose();
    }
}
