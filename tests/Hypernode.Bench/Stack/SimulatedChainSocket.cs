using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Ports;
using Hypernode.Contracts.Text;

namespace Hypernode.Bench.Stack;

/// <summary>
/// Lets a process without the payments ask the one that has them: a line with an intent's id there, a line of JSON back. Who
/// comes first to the path serves it.
/// </summary>
internal sealed class SimulatedChainSocket : IDisposable
{
    private readonly Socket _socket;
    private readonly StreamWriter? _writer;
    private readonly Lock _writing = new();
    private readonly ConcurrentDictionary<IntentId, TaskCompletionSource<EscrowView?>> _asked = new();

    private SimulatedChainSocket(Socket socket, bool isClient)
    {
        _socket = socket;
        IsClient = isClient;
        _writer = isClient ? new StreamWriter(new NetworkStream(socket)) { AutoFlush = true } : null;
    }

    public bool IsClient { get; }

    public static async Task<SimulatedChainSocket> OpenAsync(string path, Func<IntentId, EscrowView?> find, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        if (File.Exists(path))
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            var client = new SimulatedChainSocket(socket, isClient: true);
            _ = client.ReadAnswersAsync();
            return client;
        }

        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
        _ = ServeAsync(socket, find);
        return new SimulatedChainSocket(socket, isClient: false);
    }

    public Task<EscrowView?> AskAsync(IntentId intent, CancellationToken cancellationToken)
    {
        var answer = _asked.GetOrAdd(intent, _ => new TaskCompletionSource<EscrowView?>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_writing)
        {
            _writer!.WriteLine(intent.ToString());
        }

        return answer.Task.WaitAsync(cancellationToken);
    }

    public void Dispose()
    {
        _writer?.Dispose();
        _socket.Dispose();
    }

    private static async Task ServeAsync(Socket socket, Func<IntentId, EscrowView?> find)
    {
        while (true)
        {
            var caller = await socket.AcceptAsync();
            _ = Task.Run(async () =>
            {
                using var stream = new NetworkStream(caller, ownsSocket: true);
                using var reader = new StreamReader(stream);
                await using var writer = new StreamWriter(stream) { AutoFlush = true };
                while (await reader.ReadLineAsync() is { } line)
                {
                    var intent = IntentId.Parse(line);
                    await writer.WriteLineAsync(JsonSerializer.Serialize(new Answer(intent, find(intent)), ContractJson.Options));
                }
            });
        }
    }

    private async Task ReadAnswersAsync()
    {
        using var reader = new StreamReader(new NetworkStream(_socket));
        while (await reader.ReadLineAsync() is { } line)
        {
            var answer = JsonSerializer.Deserialize<Answer>(line, ContractJson.Options)!;
            if (_asked.TryRemove(answer.Intent, out var waiting))
            {
                waiting.TrySetResult(answer.Payment);
            }
        }
    }

    private sealed record Answer(IntentId Intent, EscrowView? Payment);
}
