return Concord.Cli.CommandLine.Run(args);
