using System.Net;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Money;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Contracts.Tests;

public sealed class NetworkTests
{
    [Theory]
    [InlineData("example.com:443", "example.com", 443)]
    [InlineData("a-b.c1.example:1", "a-b.c1.example", 1)]
    [InlineData("xn--bcher-kva.example:65535", "xn--bcher-kva.example", 65_535)]
    [InlineData("1.1.1.1:53", "1.1.1.1", 53)]
    [InlineData("[2606:4700::1111]:443", "2606:4700::1111", 443)]
    public void A_target_is_read_and_written_alike(string text, string host, int port)
    {
        NetworkTarget.TryParse(text, out var target).ShouldBeTrue();
        target.ShouldBe(new NetworkTarget(host, port));
        target.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(":443")]
    [InlineData("example.com")]
    [InlineData("example.com:")]
    [InlineData("example.com:0")]
    [InlineData("example.com:080")]
    [InlineData("example.com:65536")]
    [InlineData("example.com:+80")]
    [InlineData("example.com:80 ")]
    [InlineData(" example.com:80")]
    [InlineData("Example.com:443")]
    [InlineData("example.com.:443")]
    [InlineData("example..com:443")]
    [InlineData("-a.example:443")]
    [InlineData("a_b.example:443")]
    [InlineData("bücher.example:443")]
    [InlineData("localhost:80")]
    [InlineData("*.example.com:443")]
    [InlineData("http://example.com:80")]
    [InlineData("user@example.com:80")]
    [InlineData("example.com/x:80")]
    [InlineData("1.1.1.1:53:53")]
    [InlineData("2130706433:80")]       // 127.0.0.1 in decimal
    [InlineData("0x7f000001:80")]
    [InlineData("0x7f.0.0.1:80")]
    [InlineData("0177.0.0.1:80")]
    [InlineData("127.1:80")]
    [InlineData("8.8.2056:80")]
    [InlineData("01.1.1.1:80")]
    [InlineData("127.0.0.1:80")]
    [InlineData("10.0.0.1:80")]
    [InlineData("169.254.169.254:80")]
    [InlineData("[1.1.1.1]:80")]
    [InlineData("2606:4700::1111:443")]
    [InlineData("[2606:4700:0::1111]:443")]
    [InlineData("[2606:4700::1111%1]:443")]
    [InlineData("[::1]:80")]
    [InlineData("[::ffff:1.1.1.1]:80")]
    [InlineData("[fd00::1]:80")]
    public void Anything_else_is_no_target(string? text) => NetworkTarget.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.255.255.255")]
    [InlineData("100.64.0.1")]
    [InlineData("127.8.9.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.192")]
    [InlineData("192.168.1.1")]
    [InlineData("198.19.0.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    public void What_is_not_the_public_internets_is_not_public(string address) => PublicAddress.IsPublic(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("1.0.0.1")]
    [InlineData("8.8.8.8")]
    [InlineData("100.128.0.1")]
    [InlineData("172.32.0.1")]
    [InlineData("198.20.0.1")]
    [InlineData("223.255.255.255")]
    [InlineData("2001:4860:4860::8888")]
    [InlineData("2606:4700::1111")]
    public void The_rest_is(string address) => PublicAddress.IsPublic(IPAddress.Parse(address)).ShouldBeTrue();

    /// <summary>Computed by the version before networks: what was signed then means the same now.</summary>
    [Fact]
    public void Jobs_and_offers_without_a_network_have_the_hashes_that_they_always_had()
    {
        var spec = new JobSpec(JobType.Custom, "sha256:" + new string('a', 64), new JobLimits(500, 256), 5, Script: "echo hi", Description: "a test");
        spec.Hash().ToString().ShouldBe("e49d6434535746e8349878369a2ed7a6655fc81881750036b75e972dbf1fce64");
        var offer = new NodeOffer(1, 2_000, 8_192, new HyperAmount(1_000), [new GpuInfo("GPU-8a3b", "RTX 4090", 24_576)], []);
        Hash256.Of(CanonicalJson.Serialize(offer)).ToString().ShouldBe("ee9bb5eec4ef5aa6cec0dcf1bbaf395fe0d9f5eee169ee16557068581a049d8e");
    }

    [Fact]
    public void A_list_of_targets_and_the_modes_of_an_offer_are_part_of_what_is_signed()
    {
        var spec = new JobSpec(JobType.Custom, "x", new JobLimits(500, 256), 5, Script: "x", Network: NetworkMode.Allowlist, NetworkAllow: ["example.com:443"]);
        (spec with { NetworkAllow = ["example.com:80"] }).Hash().ShouldNotBe(spec.Hash());
        System.Text.Encoding.UTF8.GetString(CanonicalJson.Serialize(spec)).ShouldContain("\"network\":\"Allowlist\",\"networkAllow\":[\"example.com:443\"]");
    }
}
