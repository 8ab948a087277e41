using System.Text.Json;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Tests;

public class PayerSignatureTests
{
    [Theory]
    [InlineData("", null, "\"\"")]
    [InlineData("5VERv8", null, "\"5VERv8\"")]
    [InlineData("5VERv8", "GHtXQ", "\"GHtXQ:5VERv8\"")]
    public void It_travels_as_its_text(string value, string? blockhash, string json)
    {
        var signature = new PayerSignature(value, blockhash);
        JsonSerializer.Serialize(signature, ContractJson.Options).ShouldBe(json);
        JsonSerializer.Deserialize<PayerSignature>(json, ContractJson.Options).ShouldBe(signature);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(":")]
    [InlineData("a:")]
    [InlineData(":a")]
    [InlineData("a:b:c")]
    public void Other_text_is_refused(string? text)
    {
        PayerSignature.TryParse(text, null, out _).ShouldBeFalse();
        PayerSignature.TryParse(new string('a', 161), null, out _).ShouldBeFalse();
    }
}
