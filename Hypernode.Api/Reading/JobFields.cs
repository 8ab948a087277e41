using System.Text.RegularExpressions;
using Hypernode.Contracts.Intents;
using Hypernode.Contracts.Jobs;
using Hypernode.Contracts.Nodes;
using Hypernode.Contracts.Text;

namespace Hypernode.Api.Reading;

/// <summary>Reads a <see cref="JobSpec"/>. What is absent stays absent: its canonical form is what the payer's nonce commits to.</summary>
internal static partial class JobFields
{
    public const int MaxCmdItems = 64;
    public const int MaxCmdItemBytes = 4_096;
    public const int MaxDescriptionBytes = 1_000;
    private const int MaxImageBytes = 400;
    private static readonly string[] Types = ["inference", "training", "rendering", "custom"];

    /// <param name="allowedImages">Empty: any.</param>
    /// <returns>Null when something is wrong; it is noted then.</returns>
    public static JobSpec? Read(JsonFields? job, IReadOnlyList<string> allowedImages)
    {
        if (job is null)
        {
            return null;
        }

        var type = (JobType?)job.OneOf("type", Types);
        var image = ReadImage(job, allowedImages);
        var limits = ReadLimits(job.Object("limits"), JobLimits.CapOf(type ?? JobType.Custom));
        var estimate = (int?)job.Integer("estimatedTime", 1, JobLimits.CapOf(JobType.Custom).TimeoutSeconds!.Value);
        var (script, cmd) = ReadProgram(job);
        var inputs = ReadInputs(job);
        var nodes = ReadNodes(job, inputs);
        var encryption = ReadEncryption(job.Object("encryption", required: false));
        var (network, allow) = NetworkFields.ReadJob(job);
        var description = job.Text("description", MaxDescriptionBytes, required: false);
        job.Close();
        return job.Errors.Any
            ? null
            : new JobSpec(type!.Value, image!, limits!, estimate!.Value, script, cmd, inputs, network, description, allow, nodes, encryption);
    }

    private static string? ReadImage(JsonFields job, IReadOnlyList<string> allowed)
    {
        var image = job.Text("image", MaxImageBytes);
        if (image is null)
        {
            return null;
        }

        if (!ImageForm().IsMatch(image) || image.Contains("//", StringComparison.Ordinal) || image.Contains("..", StringComparison.Ordinal))
        {
            job.Errors.Add(job.At("image"), "malformed", "must be name@sha256:… or sha256:… with 64 lower-case hex characters: a tag can be moved, a digest can't");
        }
        else if (allowed.Count > 0 && !allowed.Contains(image, StringComparer.Ordinal))
        {
            job.Errors.Add(job.At("image"), "unknown-image", "no node here offers this image");
        }

        return image;
    }

    private static JobLimits? ReadLimits(JsonFields? limits, JobLimits cap)
    {
        if (limits is null)
        {
            return null;
        }

        var cpu = limits.Integer("cpuMillis", 10, cap.CpuMillis);
        var memory = limits.Integer("memoryMb", 6, cap.MemoryMb);
        var gpus = limits.Integer("gpus", 0, cap.Gpus, required: false);
        var vram = limits.Integer("gpuVramMb", 0, cap.GpuVramMb, required: false);
        var timeout = limits.Integer("timeoutSeconds", 1, cap.TimeoutSeconds!.Value, required: false);
        var output = limits.Integer("outputMb", 1, cap.OutputMb, required: false);
        limits.Close();
        if (vram > 0 && gpus is null or 0)
        {
            limits.Errors.Add(limits.At("gpuVramMb"), "needs-gpus", "is the memory of each GPU, and gpus asks for none");
        }

        if (cpu is null || memory is null)
        {
            return null;
        }

        var fitting = new JobLimits((int)cpu, (int)memory, (int)(gpus ?? 0), (int)(vram ?? 0), (int?)timeout);
        return output is null ? fitting : fitting with { OutputMb = (int)output };
    }

    private static (string? Script, IReadOnlyList<string>? Cmd) ReadProgram(JsonFields job)
    {
        var script = job.Text("script", JobSpec.MaxScriptBytes, required: false);
        var cmd = job.Texts("cmd", 1, MaxCmdItems, MaxCmdItemBytes, required: false);
        if (job.Has("script") == job.Has("cmd"))
        {
            job.Errors.Add(job.At("script"), "one-of", "exactly one of script and cmd must be given");
        }

        return (script, cmd);
    }

    private static List<JobInput>? ReadInputs(JsonFields job)
    {
        var items = job.Objects("inputs", JobSpec.MaxInputs, required: false);
        if (items is null)
        {
            return null;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        var inputs = new List<JobInput>();
        foreach (var item in items)
        {
            var name = item.Text("name", 128);
            var hash = item.Parsed<Hash256>("sha256", "64 lower-case hex characters");
            var bytes = item.Integer("bytes", 0, 1L << 40);
            var encrypted = item.True("encrypted");
            item.Close();
            if (name is not null && !FileNameForm().IsMatch(name))
            {
                item.Errors.Add(item.At("name"), "malformed", "must be a plain file name: letters, digits, dot, dash and underscore, not beginning with a dot");
            }
            else if (name is not null && !names.Add(name))
            {
                item.Errors.Add(item.At("name"), "duplicate", "another input has this name");
            }

            if (name is not null && hash is not null && bytes is not null)
            {
                inputs.Add(new JobInput(name, hash.Value, bytes.Value, encrypted));
            }
        }

        return inputs;
    }

    private static List<NodeId>? ReadNodes(JsonFields job, List<JobInput>? inputs)
    {
        var texts = job.Texts("nodes", 1, JobSpec.MaxNodes, 36, required: false);
        if (texts is null)
        {
            if (!job.Has("nodes") && inputs?.Exists(i => i.Encrypted == true) == true)
            {
                job.Errors.Add(job.At("nodes"), "missing", "encrypted inputs are sealed to the keys of certain nodes: name them");
            }

            return null;
        }

        var nodes = new List<NodeId>();
        for (var i = 0; i < texts.Count; i++)
        {
            if (!NodeId.TryParse(texts[i], null, out var node))
            {
                job.Errors.Add($"{job.At("nodes")}/{i}", "malformed", "must be a node's id: a lower-case UUID");
            }
            else if (nodes.Contains(node))
            {
                job.Errors.Add($"{job.At("nodes")}/{i}", "duplicate", "is named twice");
            }
            else
            {
                nodes.Add(node);
            }
        }

        return nodes;
    }

    private static JobEncryption? ReadEncryption(JsonFields? encryption)
    {
        var key = encryption?.Parsed<WalletAddress>("resultKey", IntentFields.AddressForm);
        encryption?.Close();
        return key is null ? null : new JobEncryption(key.Value);
    }

    [GeneratedRegex(@"\A(?:[a-z0-9](?:[a-zA-Z0-9._:/-]{0,253}[a-zA-Z0-9])?@)?sha256:[0-9a-f]{64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex ImageForm();

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex FileNameForm();
}
