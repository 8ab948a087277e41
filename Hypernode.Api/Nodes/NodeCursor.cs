using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Ports;

namespace Hypernode.Api.Nodes;

/// <summary>Where a page of nodes ended: opaque to clients.</summary>
internal static class NodeCursor
{
    private const int MaxLength = 96;

    public static string After(NodeView node) =>
        Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"{node.Offer.PricePerSecond.BaseUnits}|{node.Id}"));

    public static bool TryRead(string text, out (HyperAmount Price, NodeId Id)? after)
    {
        after = null;
        if (text.Length > MaxLength || !Base64Url.IsValid(text))
        {
            return false;
        }

        var parts = Encoding.ASCII.GetString(Base64Url.DecodeFromChars(text)).Split('|');
        if (parts.Length != 2
            || !ulong.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var price)
            || price > HyperAmount.MaxBaseUnits
            || !NodeId.TryParse(parts[1], null, out var id))
        {
            return false;
        }

        after = (new HyperAmount(price), id);
        return true;
    }
}
