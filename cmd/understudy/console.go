package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/console"
)

const consoleHelp = `Serve a page on this machine that shows both regions side by side, live: the networks, load
balancers, targets and fleets, their health as Route 53's checkers and the load balancers see it,
where the failover name leads now, the traffic, what differs between the regions and what heals it,
the drills so far, and one that runs as it runs, whoever on this machine started it. Buttons start
drills and their repair, and move users; each shows the command that it runs, and that command runs
with all of its checks. Of a local cloud it shows the resources, metrics, instances' consoles and
the calls of the API, too, and loses regions and brings them back.

Without a declaration it shows the local cloud alone.

The page is for this user on this machine. It listens on a loopback address only, and a browser
needs a key, which is good once: the command prints the name of a file that leads a browser there
with it. On another machine, forward the same port: ssh -L 8088:127.0.0.1:8088 HOST, with --listen.

On AWS it shows, and changes nothing unless it is started with --allow-changes.

When it ends, by Ctrl-C, it asks commands that its buttons have started to end, too, and waits: a
drill repairs what it broke. Killed, it leaves them running.

Exit codes: 0 it was ended; 1 it cannot listen, or neither region answers; 2 the declaration or a
flag is wrong.`

const consoleExample = `  understudy console
  understudy console --local --open
  understudy console --listen 127.0.0.1:8088 -f hello.yaml
  understudy cloud start --console       # a cloud with a console`

// consoleFlags are what a console is started with.
type consoleFlags struct {
	on        target
	listen    string
	open      bool
	change    bool
	withCloud bool // end with the cloud
}

func consoleCommand() *cobra.Command {
	f := &consoleFlags{}
	cmd := &cobra.Command{
		Use: "console", Short: "Show both regions in a browser, live, and rehearse from there", Long: consoleHelp, Example: consoleExample, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	f.on.flags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:0", "the loopback `address` of the page; port 0 takes one that is free")
	flags.BoolVar(&f.open, "open", false, "open the page in this user's browser")
	flags.BoolVar(&f.change, "allow-changes", false, "let the buttons work on AWS, too")
	flags.BoolVar(&f.withCloud, "with-cloud", false, "end when the local cloud does")
	addDirFlag(cmd)
	return cmd
}

func (f *consoleFlags) run(cmd *cobra.Command) error {
	listener, err := console.Listen(f.listen)
	if err != nil {
		return misuse(fmt.Errorf("--listen: %w", err))
	}
	defer listener.Close()
	shown, err := f.shown(cmd)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(cmd.Context())
	defer end()
	folder, err := consoleFolder(filepath.Join(cloud.StateDir(), "console"))
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	commands := &console.Commands{Program: program, Env: os.Environ(), Folder: folder, ReadOnly: shown.readOnly}
	server := &console.Server{
		Panels: shown.panels(), Actions: shown.actions(), Reads: shown.reads(), Documents: shown.document, Commands: commands, Folder: folder,
	}
	if f.withCloud {
		go endWithCloud(ctx, end)
	}
	err = server.Serve(ctx, listener, func(at, file string) { f.tell(cmd, at, file) })
	return errors.Join(err, endCommands(cmd.ErrOrStderr(), commands, folder))
}

// consolePrefix begins a console's first line of output.
const consolePrefix = "the console is at "

// tell says where the page is, and opens it where that was asked for. The file's name is no secret: the key is in it.
func (f *consoleFlags) tell(cmd *cobra.Command, at, file string) {
	fmt.Fprintf(cmd.OutOrStdout(), "%s%s; this file leads a browser there, with its key: file://%s\n", consolePrefix, at, file)
	if !f.open {
		return
	}
	opener := map[string][]string{"darwin": {"open"}, "windows": {"rundll32", "url.dll,FileProtocolHandler"}}[runtime.GOOS]
	if opener == nil {
		opener = []string{"xdg-open"}
	}
	if err := exec.CommandContext(cmd.Context(), opener[0], append(opener[1:], file)...).Start(); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "understudy: no browser is opened: %v\n", err)
	}
}

// endCommands ends what the console has started. A drill gets the time that its repair takes.
func endCommands(w io.Writer, commands *console.Commands, folder string) error {
	if n := commands.Running(); n > 0 {
		fmt.Fprintf(w, "understudy: waiting for %d commands to end; a drill repairs what it broke\n", n)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if left := commands.Close(ctx); left > 0 {
		return fmt.Errorf("%d commands still run; what they print is in %s", left, folder)
	}
	return os.RemoveAll(folder)
}

// endWithCloud ends a console when no cloud runs on the folder any more.
func endWithCloud(ctx context.Context, end func()) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := cloud.Attach(ctx, cloudDir()); errors.Is(err, cloud.ErrNotRunning) {
			end()
			return
		}
	}
}

// shown finds out what the console is to show: a stack, or the local cloud alone where there is no declaration.
func (f *consoleFlags) shown(cmd *cobra.Command) (*shown, error) {
	ctx := cmd.Context()
	s := &shown{flags: f, flagged: cmd.Flags().Changed("file")}
	_, err := os.Stat(f.on.file)
	if alone := errors.Is(err, fs.ErrNotExist) && !s.flagged; alone {
		if err := useLocalCloud(); err != nil {
			return nil, fmt.Errorf("there is no %s here, and no local cloud: %w", understudy.DefaultFile, err)
		}
	} else {
		stack, err := f.on.open(ctx)
		if err != nil {
			return nil, err
		}
		s.stack, s.readOnly = stack, f.refusal()
	}
	if s.outside, err = readOutside(os.Getenv); err != nil {
		return nil, err
	}
	s.local = localOf(ctx)
	return s, nil
}

// refusal is why nothing is changed from the page: what is worked on is not proved to be a local cloud, and nobody has allowed it.
func (f *consoleFlags) refusal() string {
	if !f.on.onAWS() || f.change {
		return ""
	}
	return fmt.Sprintf("This console shows only: it is on AWS account %s (%s), and was started without --allow-changes.", f.on.account, f.on.foreign)
}

// localOf is the local cloud that calls go to, or nil.
func localOf(ctx context.Context) *cloud.Attached {
	endpoint := os.Getenv("AWS_ENDPOINT_URL")
	if endpoint == "" {
		return nil
	}
	a, err := cloud.AttachEndpoint(ctx, endpoint)
	if err != nil {
		return nil
	}
	return a
}
