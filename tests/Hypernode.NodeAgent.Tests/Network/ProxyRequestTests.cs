using System.Text;
using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Network;

namespace Hypernode.NodeAgent.Tests.Network;

public sealed class ProxyRequestTests
{
    [Theory]
    [InlineData("CONNECT example.com:443 HTTP/1.1", "example.com:443")]
    [InlineData("CONNECT EXAMPLE.com.:443 HTTP/1.0", "example.com:443")]
    [InlineData("CONNECT [2606:4700::1111]:443 HTTP/1.1", "[2606:4700::1111]:443")]
    [InlineData("GET http://example.com HTTP/1.1", "example.com:80")]
    [InlineData("GET http://example.com:8080/a?b HTTP/1.1", "example.com:8080")]
    [InlineData("GET HTTP://1.1.1.1?x HTTP/1.1", "1.1.1.1:80")]
    public void A_target_is_read_as_it_is_signed(string line, string target) => Parse(line).Target!.Value.ToString().ShouldBe(target);

    [Theory]
    [InlineData("CONNECT 2130706433:80 HTTP/1.1")]
    [InlineData("CONNECT 0x7f000001:80 HTTP/1.1")]
    [InlineData("CONNECT 017700000001:80 HTTP/1.1")]
    [InlineData("CONNECT 127.1:80 HTTP/1.1")]
    [InlineData("CONNECT 0:80 HTTP/1.1")]
    [InlineData("CONNECT localhost:80 HTTP/1.1")]
    [InlineData("CONNECT router:80 HTTP/1.1")]
    [InlineData("CONNECT 10.0.0.1:80 HTTP/1.1")]
    [InlineData("CONNECT 169.254.169.254:80 HTTP/1.1")]
    [InlineData("CONNECT [::1]:80 HTTP/1.1")]
    [InlineData("CONNECT [::ffff:10.0.0.1]:80 HTTP/1.1")]
    [InlineData("CONNECT [::ffff:a00:1]:80 HTTP/1.1")]
    [InlineData("CONNECT [64:ff9b::a00:1]:80 HTTP/1.1")]
    [InlineData("CONNECT example.com HTTP/1.1")]
    [InlineData("CONNECT example.com:99999 HTTP/1.1")]
    [InlineData("CONNECT :443 HTTP/1.1")]
    [InlineData("CONNECT a.example@10.0.0.1:80 HTTP/1.1")]
    [InlineData("GET http://a.example@b.example/ HTTP/1.1")]
    [InlineData("GET http://a.example:80@10.0.0.1/ HTTP/1.1")]
    [InlineData("GET http://10.0.0.1\\.example/ HTTP/1.1")]
    [InlineData("GET http:///x HTTP/1.1")]
    public void What_is_no_name_and_no_public_address_is_no_target(string line) => Parse(line).Target.ShouldBeNull();

    [Theory]
    [InlineData("GET / HTTP/1.1")]
    [InlineData("GET https://example.com/ HTTP/1.1")]
    [InlineData("GET ftp://example.com/ HTTP/1.1")]
    [InlineData("GET http://example.com/ HTTP/2.0")]
    [InlineData("GET http://example.com/")]
    [InlineData("GET  http://example.com/ HTTP/1.1")]
    [InlineData("G(T http://example.com/ HTTP/1.1")]
    [InlineData("GET http://example.com/\u00e9 HTTP/1.1")]
    [InlineData("")]
    [InlineData("GET http://a.example/ HTTP/1.1\r\nA: b\nHost: c")]
    [InlineData("GET http://a.example/ HTTP/1.1\r\nA: b\rHost: c")]
    [InlineData("GET http://a.example/ HTTP/1.1\r\nno header")]
    [InlineData("GET http://a.example/ HTTP/1.1\r\nA : b")]
    [InlineData("GET http://a.example/ HTTP/1.1\r\nA: b\r\n folded: c")]
    [InlineData("POST http://a.example/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2")]
    [InlineData("POST http://a.example/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked")]
    [InlineData("POST http://a.example/ HTTP/1.1\r\nTransfer-Encoding: xchunked")]
    [InlineData("POST http://a.example/ HTTP/1.1\r\nTransfer-Encoding: chunked, identity")]
    public void What_two_readers_could_read_in_two_ways_is_not_forwarded(string head) => Should.Throw<BadRequestException>(() => Parse(head));

    [Fact]
    public void A_request_is_forwarded_for_its_own_place_and_for_once()
    {
        var head = Encoding.ASCII.GetString(Parse(
            "POST http://a.example:8080/x?y HTTP/1.1\r\nHost: b.example\r\nProxy-Authorization: secret\r\nConnection: keep-alive, X-Hop, Content-Length\r\nX-Hop: 1\r\nContent-Length: 3\r\nAccept:  */*").Head!);
        head.ShouldBe("POST /x?y HTTP/1.1\r\nHost: a.example:8080\r\nConnection: close\r\nContent-Length: 3\r\nAccept: */*\r\n\r\n");
    }

    [Fact]
    public void A_list_allows_its_host_at_its_port_and_mail_goes_nowhere()
    {
        var list = new EgressPolicy([new("a.example", 443), new("a.example", 25)], [], _ => false);
        list.RefusalOf(new NetworkTarget("a.example", 443)).ShouldBeNull();
        list.RefusalOf(new NetworkTarget("a.example", 444)).ShouldNotBeNull();
        list.RefusalOf(new NetworkTarget("b.a.example", 443)).ShouldNotBeNull();
        list.RefusalOf(new NetworkTarget("a.example", 25)).ShouldBe("mail is not sent from here");
        new EgressPolicy(null, [], _ => false).RefusalOf(new NetworkTarget("b.example", 1)).ShouldBeNull();
    }

    private static ProxyRequest Parse(string head) => ProxyRequest.Parse(Encoding.Latin1.GetBytes(head + "\r\n\r\n"));
}
