// Understudy keeps a service up when a whole cloud region is lost.
//
// Results go to standard output, everything else to standard error with the program's name in front;
// each hint is on its own line. Exit codes: 0 for success, 1 for failure or a difference, 2 for a
// mistake in the command or the declaration, 3 for a status of which not all could be read.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/examples/hello/hello"
)

const rootHelp = `Understudy gives a service a second region that is the same as the first. Health checks
watch both, and DNS sends users to the second region when the first is lost.

It works on AWS, with credentials from the SDK's standard chain, or on a local cloud that
speaks the same API on this machine:

  understudy demo                        # see it happen
  understudy cloud start --speed 30      # a cloud of your own
  eval "$(understudy cloud env)"
  understudy up -f examples/hello/understudy.yaml`

func main() {
	cloud.Main()
	// The example service's image has this program under the service's name.
	if filepath.Base(os.Args[0]) == "hello" {
		os.Exit(hello.Main(os.Args[1:]))
	}
	os.Exit(run(os.Args[1:]))
}

// run runs one command and returns its exit code.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "understudy: interrupted")
		return 130 // as shells say it of SIGINT
	}
	fmt.Fprintf(os.Stderr, "understudy: %v\n", err)
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		return coded.ExitCode()
	}
	return 1
}

func rootCommand() *cobra.Command {
	localEnvironment = runningCloudEnvironment
	root := &cobra.Command{
		Use: "understudy", Short: "Keep a service up when a whole cloud region is lost", Long: rootHelp,
		SilenceUsage: true, SilenceErrors: true,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return misuse(fmt.Errorf("%w\nhint: `%s --help` lists what it takes", err, cmd.CommandPath()))
	})
	root.AddCommand(
		demoCommand(), initCommand(), adoptCommand(), validateCommand(), schemaCommand(), doctorCommand(), planCommand(), upCommand(), statusCommand(),
		parityCommand(), drillCommand(), drillsCommand(), failoverCommand(), failbackCommand(), holdCommand(), watchCommand(), downCommand(), unlockCommand(),
		consoleCommand(), predictCommand(), simulateCommand(), replayCommand(), exportCommand(), cloudCommand(), imageCommand(), versionCommand(), manualCommand(),
	)
	markMisuse(root)
	return root
}

// markMisuse gives wrong arguments of any command exit code 2.
func markMisuse(cmd *cobra.Command) {
	check := cmd.Args
	if cmd.HasSubCommands() {
		check = subcommandOnly
	}
	if check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return misuse(fmt.Errorf("%w\nhint: `%s --help` says how it is used", err, cmd.CommandPath()))
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		markMisuse(sub)
	}
}

// subcommandOnly checks the arguments of a command that only has subcommands.
func subcommandOnly(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	}
	return nil
}
