using Microsoft.AspNetCore.Http.Metadata;

namespace Hypernode.Api.Http;

/// <summary>Tells the server how much of a body it should read for one route.</summary>
internal sealed record BodyLimit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
