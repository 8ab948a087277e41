using System.CommandLine;
using System.Text.Json.Nodes;
using Hypernode.Contracts.Jobs;

namespace Hypernode.Cli.Jobs;

/// <summary><c>hn job init</c>: a job file to begin with, that says in comments what else may stand there.</summary>
internal static class InitCommand
{
    private const string SchemaName = "job.schema.json";

    internal const string Starter = """
        {
          // What may stand here: docs/jobs.md. An editor that knows JSON Schema helps with this line:
          "$schema": "./job.schema.json",

          // HYPER, the most that the job may cost; what is not used comes back. --amount replaces it.
          "amount": "0.5",

          // inference, training, rendering or custom: sets how much the limits may be.
          "type": "custom",

          // name@sha256:… or sha256:… (a tag can be moved, a digest can't); @image is the one of --image.
          "image": "@image",

          // Hard limits of the container. Others: gpus, gpuVramMb, timeoutSeconds, outputMb.
          "limits": { "cpuMillis": 1000, "memoryMb": 128 },

          // Seconds. The job is ended after one and a half times that, unless limits.timeoutSeconds says otherwise.
          "estimatedTime": 10,

          // For /bin/sh; "@job.sh" takes it from a file. Or, instead: "cmd": ["program", "argument"].
          // What it writes to /out is its result; in /in are its inputs.
          "script": "echo \"hello, $NAME\" | tee /out/hello.txt",
          "env": { "NAME": "world" },

          // Files for /in: "inputs": [{ "name": "text", "path": "notes.txt" }],
          // A sweep, one job for each combination (./hn job run): "matrix": { "seed": [1, 2, 3] },
          //   and then anywhere in a text: ${{ matrix.seed }}

          // Files that must be there in the end.
          "outputs": ["hello.txt"],
        }

        """;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "where it is written", DefaultValueFactory = _ => "job.json" };
        var command = new Command(
            "init",
            """
            Write a job file to begin with, commented, and the schema that editors understand beside it. A file that is there is never replaced.

            Examples:
              ./hn job init
              ./hn job init hello/job.json
            """)
        {
            file, Connection.Json,
        };
        Connection.Handle(command, async (parsed, cancellationToken) =>
        {
            var path = Path.GetFullPath(parsed.GetRequiredValue(file));
            if (Path.Exists(path))
            {
                throw new CliException($"{path} is there already: it is not replaced") { ExitCode = ExitCodes.Usage };
            }

            var folder = Path.GetDirectoryName(path)!;
            var schema = Path.Combine(folder, SchemaName);
            Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(path, Starter, cancellationToken);
            if (!Path.Exists(schema))
            {
                await File.WriteAllTextAsync(schema, JobFileSchema.Text(), cancellationToken);
            }

            await Connection.AnswerAsync(
                parsed,
                new JsonObject { ["file"] = path, ["schema"] = schema },
                () => $"wrote {path}\ncheck it:  ./hn job check {path}\nsubmit it: ./hn job submit {path} --image sha256:… --wallet wallet.json --watch");
            return 0;
        });
        return command;
    }
}
