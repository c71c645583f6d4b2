package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

const versionHelp = `Print the version of this program: the release or, where it was built from a checkout, the commit
and its time, "+dirty" if files were changed since; and the Go version that built it.

Exit codes: 0; 2 a flag is wrong.`

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Long: versionHelp, Args: cobra.NoArgs, Example: "  understudy version",
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version names this build, as the Go command has stamped it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "understudy"
	}
	commit, at, dirty := "", "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = s.Value
		case "vcs.time":
			at = s.Value
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+dirty"
			}
		}
	}
	if commit == "" {
		return "understudy " + info.Main.Version
	}
	return fmt.Sprintf("understudy %s (commit %s%s of %s)", info.Main.Version, commit[:min(12, len(commit))], dirty, at)
}
