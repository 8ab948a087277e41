using Hypernode.NodeAgent.Adapters.Files;
using Hypernode.NodeAgent.Adapters.Http;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Leases;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hypernode.NodeAgent;

/// <summary>Where the program's job files come from: the API, or a folder that the control plane shares.</summary>
internal static class BlobSource
{
    /// <exception cref="OptionsValidationException">Neither is given.</exception>
    public static INodeBlobs Create(AgentOptions options, INodeSigner signer, TimeProvider time, ILogger<ApiBlobs> logger) => options switch
    {
        { Api.Length: > 0 } => new ApiBlobs(
            new Uri(options.Api), signer, Path.Combine(options.DataFolder, "inputs"), (long)options.InputCacheMb << 20, time, logger),
        { BlobFolder.Length: > 0 } => new SharedBlobs(new FolderBlobStore(Path.GetFullPath(options.BlobFolder))),
        _ => throw new OptionsValidationException(AgentOptions.Section, typeof(AgentOptions), ["Api or BlobFolder must say where job files are"]),
    };
}
