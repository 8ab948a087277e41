namespace Hypernode.Host.Messaging.Adapters.RabbitMq;

/// <summary>The broker, bound from <c>Hypernode:RabbitMq</c>.</summary>
public sealed class RabbitMqOptions
{
    public const string Section = "Hypernode:RabbitMq";

    /// <summary><c>amqp://user:password@host:port/vhost</c>. A secret: it is never logged.</summary>
    public string Uri { get; set; } = "amqp://guest:guest@127.0.0.1:5672/";

    /// <summary>
    /// The management API, <c>http(s)://host:port</c>, asked with the same user, who must be an administrator: by it a revoked node's open
    /// connections are closed. Empty: they stay open until they break (what comes over them is dropped all the same).
    /// </summary>
    public string ManagementUri { get; set; } = "";

    internal string UserName => Part(0);

    internal string Password => Part(1);

    /// <summary>Without the credentials.</summary>
    internal System.Uri Address
    {
        get
        {
            var uri = new System.Uri(Uri);
            return new UriBuilder("rabbitmq", uri.Host, uri.Port < 0 ? 5672 : uri.Port, uri.AbsolutePath).Uri;
        }
    }

    private string Part(int index) => System.Uri.UnescapeDataString(new System.Uri(Uri).UserInfo.Split(':').ElementAtOrDefault(index) ?? "");
}
