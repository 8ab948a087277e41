using Hypernode.Simulation.Runs;

return SimCommand.Create().Parse(args).Invoke();
