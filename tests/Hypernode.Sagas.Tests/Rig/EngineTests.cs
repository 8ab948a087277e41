namespace Hypernode.Sagas.Tests.Rig;

/// <summary>A rig of its own for each test.</summary>
public abstract class EngineTests : IDisposable
{
    private protected EngineRig Rig { get; } = new();

    public void Dispose()
    {
        Rig.Dispose();
        GC.SuppressFinalize(this);
    }
}
