package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy/cloud"
)

const cloudHelp = `A local cloud answers the AWS API on this machine and carries out what it answers: security
groups filter packets, instances are processes, load balancers forward requests, health
checkers connect, and DNS answers change. It needs Linux and no privileges, and uses nothing
of the host's network but loopback.

Any AWS client can use it:

  eval "$(understudy cloud env)"
  aws ec2 describe-vpcs                                   # AWS CLI 2.13 or newer
  aws --endpoint-url "$AWS_ENDPOINT_URL" ec2 describe-vpcs   # older versions`

func cloudCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "cloud", Short: "Run a cloud on this machine", Long: cloudHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	addDirFlag(cmd)
	cmd.AddCommand(cloudStartCommand(), cloudStopCommand(), cloudStatusCommand(), cloudEnvCommand(),
		cloudRestoreCommand(), cloudRegionCommand(), cloudFaultCommand(), cloudCallsCommand())
	return cmd
}

var dirFlag string

func addDirFlag(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&dirFlag, "dir", "", "the cloud's `folder` (default $UNDERSTUDY_HOME, or understudy/cloud in the state folder)")
	cmd.MarkPersistentFlagDirname("dir")
}

// cloudDir is the folder of the cloud to work on.
func cloudDir() string {
	if dirFlag != "" {
		return dirFlag
	}
	if dir := os.Getenv("UNDERSTUDY_HOME"); dir != "" {
		return dir
	}
	return filepath.Join(cloud.StateDir(), "cloud")
}

// runningCloud attaches to the cloud that runs on the folder.
func runningCloud(ctx context.Context) (*cloud.Attached, error) {
	a, err := cloud.Attach(ctx, cloudDir())
	if err != nil {
		return nil, fmt.Errorf("%w\nhint: `understudy cloud start` starts one", err)
	}
	return a, nil
}

func runningCloudEnvironment() (map[string]string, error) {
	a, err := cloud.Attach(context.Background(), cloudDir())
	if err != nil {
		return nil, err
	}
	return a.Env(context.Background())
}
