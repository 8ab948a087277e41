using Hypernode.Bench.Reference;
using Hypernode.Bench.Running;
using Hypernode.Bench.Stack;
using Hypernode.Bench.Twin;

// Started by `hn bench`; each part of a measured stack is this program again, in a process of its own.
return args switch
{
    ["reference"] => await ReferenceProgram.RunAsync(),
    ["twin", .. var rest] => await TwinProgram.RunAsync(rest),
    ["host", .. var rest] => await BenchHost.RunAsync(rest),
    ["load", .. var rest] => await BenchHost.RunLoadAsync(rest),
    _ => await BenchProgram.RunAsync(args),
};
