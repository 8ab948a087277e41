using Hypernode.Host;

// hypernode-host [bootstrap|chain] --config FILE [--roles api,sagas,workers] [--log-format json|text] [--until-stdin-closes]
return await HostProgram.RunAsync(args);
