using Hypernode.Fuzz;

var parsed = FuzzCommand.Create().Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"hn fuzz: {error.Message}");
    }

    Console.Error.WriteLine("hn fuzz: ./hn fuzz api --help shows all options");
    return 2;
}

return await parsed.InvokeAsync();
