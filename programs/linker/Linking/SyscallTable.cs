using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Sbpf.Linker.Linking;

/// <summary>The calls that Solana's runtime offers to programs. Any other undefined symbol is refused.</summary>
public static class SyscallTable
{
    private static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "abort", "sol_panic_", "sol_log_", "sol_log_64_", "sol_log_pubkey", "sol_log_compute_units_", "sol_log_data",
        "sol_create_program_address", "sol_try_find_program_address", "sol_sha256", "sol_keccak256", "sol_blake3",
        "sol_secp256k1_recover", "sol_get_clock_sysvar", "sol_get_rent_sysvar", "sol_get_epoch_schedule_sysvar",
        "sol_get_last_restart_slot", "sol_get_epoch_rewards_sysvar", "sol_get_sysvar", "sol_get_epoch_stake",
        "sol_memcpy_", "sol_memmove_", "sol_memset_", "sol_memcmp_", "sol_invoke_signed_c", "sol_invoke_signed_rust",
        "sol_set_return_data", "sol_get_return_data", "sol_get_stack_height",
        "sol_get_processed_sibling_instruction", "sol_remaining_compute_units", "sol_curve_validate_point",
        "sol_curve_group_op", "sol_curve_multiscalar_mul", "sol_poseidon", "sol_alt_bn128_group_op",
        "sol_alt_bn128_compression", "sol_big_mod_exp",
    };

    public static bool Contains(string name) => Names.Contains(name);

    /// <summary>Murmur3 (32 bits, seed 0) of the name: how SBPF v3 encodes a syscall in the instruction.</summary>
    public static uint Key(string name)
    {
        const uint Prime1 = 0xcc9e2d51, Prime2 = 0x1b873593;
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(name);
        uint hash = 0;
        var rest = bytes;
        for (; rest.Length >= 4; rest = rest[4..])
        {
            var block = BitOperations.RotateLeft(BinaryPrimitives.ReadUInt32LittleEndian(rest) * Prime1, 15) * Prime2;
            hash = BitOperations.RotateLeft(hash ^ block, 13) * 5 + 0xe6546b64;
        }
        uint tail = 0;
        for (var i = rest.Length - 1; i >= 0; i--)
            tail = tail << 8 | rest[i];
        if (rest.Length > 0)
            hash ^= BitOperations.RotateLeft(tail * Prime1, 15) * Prime2;
        hash ^= (uint)bytes.Length;
        hash = (hash ^ hash >> 16) * 0x85ebca6b;
        hash = (hash ^ hash >> 13) * 0xc2b2ae35;
        return hash ^ hash >> 16;
    }
}
