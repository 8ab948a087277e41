using System.Text.Json;
using Hypernode.Contracts.Text;
using Hypernode.Host.Messaging.Adapters.RabbitMq;
using Microsoft.Extensions.Options;

namespace Hypernode.Host;

/// <summary>An operator's view of the dead letters: <c>dead list</c> and <c>dead replay</c>, one JSON object a line.</summary>
internal static class DeadLetterCommand
{
    private const int MaxListed = 10_000;

    /// <param name="words"><c>list</c>, or <c>replay</c> and message ids.</param>
    /// <returns>0; 1: something was not found or can't be replayed.</returns>
    /// <exception cref="ArgumentException">With what is wrong.</exception>
    public static async Task<int> RunAsync(IReadOnlyList<string> words, IConfiguration configuration, TextWriter output, CancellationToken cancellationToken)
    {
        var options = configuration.GetSection(RabbitMqOptions.Section).Get<RabbitMqOptions>() ?? new RabbitMqOptions();
        await using var connection = new RabbitMqConnection(Options.Create(options));
        await using var dead = new DeadLetters(connection);
        switch (words)
        {
            case ["list"]:
                foreach (var letter in await dead.ListAsync(MaxListed, cancellationToken))
                {
                    await output.WriteLineAsync(JsonSerializer.Serialize(letter, ContractJson.Options));
                }

                return 0;
            case ["replay", _, ..]:
                var result = await dead.ReplayAsync([.. words.Skip(1)], cancellationToken);
                await output.WriteLineAsync(JsonSerializer.Serialize(result, ContractJson.Options));
                return result.NotFound.Count + result.Refused.Count == 0 ? 0 : 1;
            default:
                throw new ArgumentException("dead needs list, or replay with message ids; see --help");
        }
    }
}
