using Sbpf.Linker.Linking;

namespace Hypernode.Linker.Tests;

public sealed class SyscallTableTests
{
    /// <summary>The runtime's own table of syscall keys.</summary>
    [Theory]
    [InlineData("abort", 0xb6fc1a11)]
    [InlineData("sol_panic_", 0x686093bb)]
    [InlineData("sol_log_", 0x207559bd)]
    [InlineData("sol_memcpy_", 0x717cc4a3)]
    [InlineData("sol_sha256", 0x11f49d86)]
    [InlineData("sol_invoke_signed_c", 0xa22b9c85)]
    public void Key_is_the_murmur3_hash_that_the_runtime_knows(string name, uint key) => SyscallTable.Key(name).ShouldBe(key);

    [Fact]
    public void Key_of_nothing_is_the_seed() => SyscallTable.Key("").ShouldBe(0u);

    [Fact]
    public void Only_the_runtimes_calls_are_known()
    {
        SyscallTable.Contains("sol_log_").ShouldBeTrue();
        SyscallTable.Contains("memcpy").ShouldBeFalse();
        SyscallTable.Contains("printf").ShouldBeFalse();
    }
}
