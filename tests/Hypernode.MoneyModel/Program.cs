using Hypernode.MoneyModel.Runs;

var parsed = ModelCommand.Create().Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        Console.Error.WriteLine($"hn programs model: {error.Message}");
    Console.Error.WriteLine("hn programs model: ./hn programs model --help shows all options");
    return 2;
}
return await parsed.InvokeAsync();
