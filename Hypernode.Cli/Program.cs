using System.CommandLine;
using Hypernode.Cli;

var parsed = HnCommand.Create().Parse(args);

// Our own signal handling ends the stack in order; the library's would end the process after two seconds.
var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

// A command line that was not understood is no answer to what was asked: 1 may mean a "no". Who asks for help need not give the rest.
return parsed.Errors.Count > 0 && parsed.Action is not ShortHelp ? ExitCodes.Usage : exitCode;
