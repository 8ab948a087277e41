using System.Text.RegularExpressions;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;

namespace Hypernode.Api.Reading;

/// <summary>Reads a <see cref="NodeRegistration"/>. Its price is in base units, as in the offer's signed form.</summary>
internal static partial class RegistrationFields
{
    public static (NodeRegistration Registration, string NodeSignature, string AuthoritySignature)? Read(JsonFields body)
    {
        var id = body.Parsed<NodeId>("nodeId", "a UUID in lower case");
        var key = body.Parsed<WalletAddress>("nodeKey", IntentFields.AddressForm);
        var authority = body.Parsed<WalletAddress>("authority", IntentFields.AddressForm);
        var hostname = body.Text("hostname", 253);
        var offer = ReadOffer(body.Object("offer"));
        var timestamp = body.Integer("timestamp", 0, 253_402_300_799_999);
        var nodeSignature = IntentFields.ReadSignature(body, "nodeSignature");
        var authoritySignature = IntentFields.ReadSignature(body, "authoritySignature");
        body.Close();
        if (hostname is not null && !HostForm().IsMatch(hostname))
        {
            body.Errors.Add(body.At("hostname"), "malformed", "must be a host name");
        }

        return body.Errors.Any
            ? null
            : (new NodeRegistration(id!.Value, key!.Value, authority!.Value, hostname!, offer!, timestamp!.Value), nodeSignature!, authoritySignature!);
    }

    private static NodeOffer? ReadOffer(JsonFields? offer)
    {
        if (offer is null)
        {
            return null;
        }

        var slots = offer.Integer("slots", 1, 256);
        var cpu = offer.Integer("cpuMillis", 10, 1_024_000);
        var memory = offer.Integer("memoryMb", 6, 16_777_216);

        // 53 bits: the offer is hashed in its canonical form, which has no larger integers.
        var price = offer.Integer("pricePerSecond", 1, 1L << 52);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var gpus = offer.Objects("gpus", 64)?.Select(gpu => ReadGpu(gpu, seen)).ToList();
        var images = offer.Texts("images", 0, 256, 400);
        var networks = NetworkFields.ReadOffer(offer);
        offer.Close();
        return offer.Errors.Any
            ? null
            : new NodeOffer((int)slots!, (int)cpu!, (int)memory!, new HyperAmount((ulong)price!), gpus!, images!, networks);
    }

    /// <param name="seen">A GPU that is named twice would belong to two slots.</param>
    private static GpuInfo ReadGpu(JsonFields gpu, HashSet<string> seen)
    {
        var uuid = gpu.Text("uuid", 64);
        var model = gpu.Text("model", 128);
        var vram = gpu.Integer("vramMb", 0, 1_048_576);
        gpu.Close();
        if (uuid is not null && !GpuInfo.IsUuid(uuid))
        {
            gpu.Errors.Add(gpu.At("uuid"), "malformed", "must be GPU- and a UUID in lower case, as nvidia-smi -L says it");
        }
        else if (uuid is not null && !seen.Add(uuid))
        {
            gpu.Errors.Add(gpu.At("uuid"), "duplicate", "another GPU has this uuid");
        }

        return new GpuInfo(uuid ?? "", model ?? "", (int)(vram ?? 0));
    }

    [GeneratedRegex(@"\A[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex HostForm();
}
