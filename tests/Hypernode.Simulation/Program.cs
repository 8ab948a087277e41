using Hypernode.Simulation.Runs;

var parsed = SimCommand.Create().Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        Console.Error.WriteLine($"hn sim: {error.Message}");
    }

    Console.Error.WriteLine("hn sim: ./hn sim --help shows all options");
    return 2;
}

return parsed.Invoke();
