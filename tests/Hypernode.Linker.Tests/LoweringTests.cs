using Sbpf.Linker;
using Sbpf.Linker.Ir;

namespace Hypernode.Linker.Tests;

public sealed class LoweringTests
{
    [Theory]
    [InlineData("define internal void @f(i64 %a, i64 %b, i64 %c, i64 %d, i64 %e, i64 %f) unnamed_addr #0 {")]
    [InlineData("define { i64, i1 } @f(i64 %a) #0 {")]
    [InlineData("define i128 @f(i64 %a) {")]
    [InlineData("define [2 x i64] @\"a name\"(ptr %a) {")]
    public void A_function_that_cannot_be_called_is_inlined(string definition)
    {
        ForcedInlining.Apply(definition, out var forced).ShouldEndWith(" alwaysinline {");
        forced.ShouldBe(1);
    }

    [Theory]
    [InlineData("define i64 @f(i64 %a, i64 %b, i64 %c, i64 %d, i64 %e) #0 {")]
    [InlineData("define void @f(ptr noalias sret([16 x i8]) %a, { i64, i64 } %b) {")]
    [InlineData("define i64 @entrypoint(ptr %a) {")]
    public void A_function_that_can_be_called_stays(string definition)
    {
        ForcedInlining.Apply(definition, out var forced).ShouldBe(definition);
        forced.ShouldBe(0);
    }

    [Fact]
    public void A_function_that_unwinds_is_refused() =>
        Should.Throw<LinkException>(() => ForcedInlining.Apply("define i128 @f() personality ptr @rust_eh_personality {", out _));

    [Fact]
    public void A_copy_of_unknown_size_becomes_a_syscall()
    {
        const string Ir = "  tail call void @llvm.memcpy.p0.p0.i64(ptr noundef align 8 %a, ptr align 1 dereferenceable(9) %b, i64 %n, i1 false), !x !1";
        var lowered = MemoryLowering.Apply(Ir, out var replaced);
        lowered.ShouldContain("  call void @sol_memcpy_(ptr %a, ptr %b, i64 %n), !x !1");
        lowered.ShouldContain("declare void @sol_memcpy_(ptr, ptr, i64)");
        replaced.ShouldBe(1);
    }

    [Theory]
    [InlineData(128, 0)]
    [InlineData(129, 1)]
    public void A_copy_of_a_small_known_size_stays(int size, int expected)
    {
        MemoryLowering.Apply($"  call void @llvm.memset.p0.i64(ptr %a, i8 0, i64 {size}, i1 false)", out var replaced);
        replaced.ShouldBe(expected);
    }

    [Fact]
    public void The_mark_of_a_structure_return_goes()
    {
        MemoryLowering.Apply("define void @f(ptr noalias sret([24 x i8]) align 8 %r) {", out _)
            .ShouldBe("define void @f(ptr noalias align 8 %r) {");
    }

    [Theory]
    [InlineData("  %r = call { i64, i1 } @llvm.umul.with.overflow.i64(i64 %a, i64 %b)", "@__svm_umulo64(i64 %a, i64 %b)")]
    [InlineData("  %r = call { i64, i1 } @llvm.smul.with.overflow.i64(i64 %a, i64 %b)", "@__svm_smulo64(i64 %a, i64 %b)")]
    [InlineData("  %r = mul nuw i128 %a, %b", "call i128 @__svm_mul128(i128 %a, i128 %b)")]
    [InlineData("  %r = sdiv exact i64 %a, -7", "call i64 @__svm_sdiv64(i64 %a, i64 -7)")]
    [InlineData("  %r = srem i32 %a, %b", "call i32 @__svm_srem32(i32 %a, i32 %b)")]
    [InlineData("  %r = ashr i128 %a, %n", "call i128 @__svm_ashr128(i128 %a, i128 %n)")]
    public void What_the_back_end_cannot_do_becomes_a_routine(string instruction, string call)
    {
        var lowered = ArithmeticLowering.Apply(instruction, out var replaced);
        replaced.ShouldBe(1);
        lowered.ShouldContain(call);
        var routine = call[call.IndexOf('@', StringComparison.Ordinal)..call.IndexOf('(', StringComparison.Ordinal)];
        lowered.ShouldContain($"{routine}(");
        lowered.ShouldContain("alwaysinline {");
    }

    [Theory]
    [InlineData("  %r = mul i64 %a, %b")]
    [InlineData("  %r = udiv i64 %a, %b")]
    [InlineData("  %r = shl i128 %a, 64")]
    public void What_the_back_end_can_do_stays(string instruction)
    {
        ArithmeticLowering.Apply(instruction, out var replaced).TrimEnd().ShouldBe(instruction);
        replaced.ShouldBe(0);
    }
}
