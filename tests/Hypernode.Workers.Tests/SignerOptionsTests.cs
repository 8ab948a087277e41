using System.ComponentModel.DataAnnotations;
using Hypernode.Workers.Adapters.Solana;

namespace Hypernode.Workers.Tests;

public sealed class SignerOptionsTests
{
    private const string Key = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

    [Theory]
    [InlineData("", "", null)]
    [InlineData("https://signer.example/sign", Key, null)]
    [InlineData("http://127.0.0.1:7000/sign", Key, null)]
    [InlineData("http://signer.example/s3cr3t", Key, nameof(SolanaOptions.RelayerSignerUrl))]
    [InlineData("signer.example/s3cr3t", Key, nameof(SolanaOptions.RelayerSignerUrl))]
    [InlineData("https://signer.example/s3cr3t", "", nameof(SolanaOptions.RelayerPublicKey))]
    [InlineData("https://signer.example/s3cr3t", "0OIl", nameof(SolanaOptions.RelayerPublicKey))]
    [InlineData("", Key, nameof(SolanaOptions.RelayerPublicKey))]
    public void A_signing_service_needs_an_address_that_nobody_listens_to_and_a_key(string url, string key, string? wrong)
    {
        List<ValidationResult> results = [];
        var options = new SolanaOptions { RelayerSignerUrl = url, RelayerPublicKey = key };
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true).ShouldBe(wrong is null);
        results.SelectMany(r => r.MemberNames).ShouldBe(wrong is null ? [] : [wrong]);
        results.ShouldAllBe(r => r.ErrorMessage!.StartsWith(wrong!, StringComparison.Ordinal) && !r.ErrorMessage.Contains("s3cr3t"));
    }

    [Fact]
    public void What_the_fee_payer_may_sink_to_has_a_name_and_a_range()
    {
        List<ValidationResult> results = [];
        var options = new SolanaOptions { FeePayerLowMilliSol = 0 };
        Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true).ShouldBeFalse();
        results.ShouldHaveSingleItem().MemberNames.ShouldBe([nameof(SolanaOptions.FeePayerLowMilliSol)]);
    }
}
