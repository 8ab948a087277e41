using Hypernode.Api.Http;

namespace Hypernode.Api.Reading;

/// <summary>Everything that is wrong with one body, up to a bound: a hostile body must not make a long answer.</summary>
internal sealed class FieldErrors
{
    private const int Max = 50;
    private readonly List<FieldError> _all = [];

    public bool Any => _all.Count > 0;

    public IReadOnlyList<FieldError> All => _all;

    public void Add(string pointer, string code, string detail)
    {
        if (_all.Count < Max)
        {
            _all.Add(new FieldError(pointer, code, detail));
        }
    }

    /// <exception cref="RefusedException">400 with every error, if there is one.</exception>
    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new RefusedException(Problem.InvalidFields(_all));
        }
    }
}
