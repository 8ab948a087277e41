namespace Hypernode.Solana;

public enum TokenAccountState : byte
{
    Uninitialized = 0,
    Initialized = 1,
    Frozen = 2,
}

/// <summary>A balance of one mint. Amounts are base units.</summary>
public sealed record TokenAccount(
    PublicKey Mint, PublicKey Owner, ulong Amount, PublicKey? Delegate, TokenAccountState State, ulong DelegatedAmount)
{
    /// <exception cref="FormatException">not the data of a token account</exception>
    public static TokenAccount Decode(ReadOnlySpan<byte> data)
    {
        if (data.Length != TokenProgram.TokenAccountDataSize)
        {
            throw new FormatException($"A token account has {TokenProgram.TokenAccountDataSize} bytes, not {data.Length}.");
        }

        var reader = new WireReader(data);
        var (mint, owner, amount) = (reader.Key(), reader.Key(), reader.U64());
        var hasDelegate = reader.U32() != 0;
        var @delegate = reader.Key();
        var state = (TokenAccountState)reader.U8();
        _ = reader.Bytes(4 + 8); // is_native: wrapped SOL is none of ours
        return new TokenAccount(mint, owner, amount, hasDelegate ? @delegate : null, state, reader.U64());
    }

    /// <summary>Null unless the account exists and the token program owns it: anybody can make bytes that look like one.</summary>
    public static TokenAccount? From(AccountInfo? account) =>
        account is not null && account.Owner == TokenProgram.ProgramIdKey && account.Data.Length == TokenProgram.TokenAccountDataSize
            ? Decode(account.Data)
            : null;
}

/// <summary>A currency.</summary>
public sealed record TokenMint(PublicKey? MintAuthority, ulong Supply, byte Decimals, bool IsInitialized, PublicKey? FreezeAuthority)
{
    /// <exception cref="FormatException">not the data of a mint</exception>
    public static TokenMint Decode(ReadOnlySpan<byte> data)
    {
        if (data.Length != TokenProgram.MintAccountDataSize)
        {
            throw new FormatException($"A mint has {TokenProgram.MintAccountDataSize} bytes, not {data.Length}.");
        }

        var reader = new WireReader(data);
        var hasAuthority = reader.U32() != 0;
        var authority = reader.Key();
        var (supply, decimals, initialized) = (reader.U64(), reader.U8(), reader.U8() == 1);
        var hasFreeze = reader.U32() != 0;
        var freeze = reader.Key();
        return new TokenMint(hasAuthority ? authority : null, supply, decimals, initialized, hasFreeze ? freeze : null);
    }

    /// <summary>Null unless the account exists and the token program owns it.</summary>
    public static TokenMint? From(AccountInfo? account) =>
        account is not null && account.Owner == TokenProgram.ProgramIdKey && account.Data.Length == TokenProgram.MintAccountDataSize
            ? Decode(account.Data)
            : null;
}
