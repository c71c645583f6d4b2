package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud"
)

const cloudStartHelp = `Starts a cloud that runs in the background until it is stopped, and keeps its state in its
folder: after the next start everything that it acknowledged is there, and instances run again.

It begins with two regions, or with those of --regions. Another one of AWS's is started when a call
first asks for it, up to eight in all, and is the cloud's from then on.

Keys are made at the first start and kept in the folder, readable by its owner only.

With --while the cloud stops when another process ends. A test uses this for its clouds, which
would otherwise run on if the test is killed.

A region, or Route 53, whose state is damaged or lost is refused, and the others start.

Exit codes: 0 all of the cloud runs; 1 it does not start, or a part of it is refused.`

func cloudStartCommand() *cobra.Command {
	var o cloud.Options
	var foreground, defaultVPC, withConsole bool
	cmd := &cobra.Command{
		Use: "start", Short: "Start a cloud", Long: cloudStartHelp,
		Example: `  understudy cloud start
  understudy cloud start --speed 30 --regions eu-west-1,eu-central-1
  understudy cloud start --console
  understudy cloud start --credentials test:test --account 000000000000`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := filepath.Abs(cloudDir())
			if err != nil {
				return err
			}
			o.Dir = dir
			if err := endingByEnvironment(cmd, &o); err != nil {
				return misuse(err)
			}
			if err := recordingByEnvironment(&o); err != nil {
				return misuse(err)
			}
			o.NoDefaultVPC = !defaultVPC
			if err := o.Validate(); err != nil {
				return misuse(err)
			}
			if given := os.Getenv(envCredentials); foreground && o.Credentials == "" {
				o.Credentials = given
			}
			os.Unsetenv(envCredentials) // the cloud's other processes have no use for it
			if err := warnOfOthers(cmd.ErrOrStderr(), o.Listen); err != nil {
				return misuse(err)
			}
			if withConsole && foreground {
				return misuse(errors.New("--console is for a cloud in the background: beside one in the foreground, `understudy console` runs on its own"))
			}
			if foreground {
				return runCloud(cmd.Context(), cmd.OutOrStdout(), o)
			}
			if err := daemonise(cmd.Context(), cmd.OutOrStdout(), o); err != nil || !withConsole {
				return err
			}
			return startConsole(cmd.Context(), cmd.OutOrStdout(), o.Dir)
		},
	}
	cmd.Flags().
		Float64Var(&o.Speed, "speed", 0, "divide every interval that AWS defines by this `number`, "+
			"those of boots and probes down to a limit (default 1, or the folder's last)")
	cmd.Flags().DurationVar(&o.LeastTimeout, "least-timeout", 0,
		"how short a `time` a divided time-out may become: longer on a slow machine (default "+cloud.LeastTimeout.String()+", or the folder's last)")
	cmd.Flags().StringSliceVar(&o.Regions, "regions", nil, "the `regions` that the cloud begins with, eight of AWS's at most (default us-east-1,us-west-2)")
	cmd.Flags().StringVar(&o.Credentials, "credentials", "", "the access key, as `ID:SECRET` (default made at the first start)")
	cmd.Flags().StringVar(&o.Account, "account", "", "the account `number` (default made at the first start)")
	cmd.Flags().StringVar(&o.Listen, "listen", "", "a further `address` for the API, for example 127.0.0.1:4566")
	cmd.Flags().BoolVar(&o.Throttle, "throttle", false, "refuse calls of EC2 and Route 53 above the rates that AWS publishes")
	cmd.Flags().StringVar(&o.IAM, "iam", "", "`enforce`: refuse calls of users and roles that their policies do not allow")
	cmd.Flags().BoolVar(&defaultVPC, "default-vpc", true, "make a default VPC at each region's first start, as AWS does for an account")
	cmd.Flags().StringToIntVar(&o.Quotas, "quota", nil, "a quota that is other than usual, by its `code` in Service Quotas: L-1216C47A=8 for 8 vCPUs")
	cmd.Flags().IntVar(&o.While, "while", 0, "end the cloud when the process of this `id` ends (default $"+envWhile+")")
	cmd.Flags().BoolVar(&o.Remove, "remove", false, "with --while: remove the cloud's folder too then (default $"+envRemove+")")
	cmd.Flags().StringVar(&o.Record, "record", "", "append every call of the API to this `file`, as it was sent (default $"+envRecord+")")
	cmd.Flags().BoolVar(&withConsole, "console", false, "start a console beside it, which ends with it: a page for a browser")
	cmd.Flags().BoolVar(&foreground, "foreground", false, "stay, and stop the cloud at Ctrl-C")
	return cmd
}

// Variables that a test sets for every cloud that its commands start.
const (
	envWhile  = "UNDERSTUDY_WHILE"
	envRemove = "UNDERSTUDY_REMOVE"
	envRecord = "UNDERSTUDY_RECORD"
)

// recordingByEnvironment sets --record from the environment if the command line does not have it, and makes it a path that
// does not depend on the current folder.
func recordingByEnvironment(o *cloud.Options) (err error) {
	if o.Record == "" {
		o.Record = os.Getenv(envRecord)
	}
	if o.Record != "" {
		o.Record, err = filepath.Abs(o.Record)
	}
	return err
}

// endingByEnvironment sets --while and --remove from the environment if the command line does not have them.
func endingByEnvironment(cmd *cobra.Command, o *cloud.Options) (err error) {
	pid, remove := os.Getenv(envWhile), os.Getenv(envRemove)
	if pid == "" || cmd.Flags().Changed("while") {
		return nil
	}
	if o.While, err = strconv.Atoi(pid); err != nil {
		return fmt.Errorf("%s=%s: want a process's id", envWhile, pid)
	}
	if remove == "" || cmd.Flags().Changed("remove") {
		return nil
	}
	if o.Remove, err = strconv.ParseBool(remove); err != nil {
		return fmt.Errorf("%s=%s: want true or false", envRemove, remove)
	}
	return nil
}

// envCredentials carries the secret to the daemon.
const envCredentials = "UNDERSTUDY_CREDENTIALS"

// readyPrefix begins the first line of output of a cloud that runs in the foreground; its endpoint follows.
const readyPrefix = "ready "

// runCloud runs a cloud in this process until it is told to end.
func runCloud(ctx context.Context, w io.Writer, o cloud.Options) error {
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	c, err := cloud.Start(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, readyPrefix+c.Endpoint())
	select {
	case <-ctx.Done():
	case <-c.Ended():
	}
	return c.Close()
}

// warnOfOthers warns if other machines can reach the API.
func warnOfOthers(w io.Writer, listen string) error {
	if listen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("--listen %s: want HOST:PORT, for example 127.0.0.1:4566", listen)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		fmt.Fprintf(w, "understudy: other machines can reach the API at %s, where only its access key protects it\n", listen)
	}
	return nil
}

// daemonise starts this program again in its own session and waits for its first output.
func daemonise(ctx context.Context, w io.Writer, o cloud.Options) error {
	// The secret travels in the environment, where only the same user can see it, and not among the
	// arguments, where everybody can.
	endpoint, err := inBackground(ctx, o.Dir, "door", readyPrefix, startArguments(o), envCredentials+"="+o.Credentials)
	if err != nil {
		return err
	}
	printStarted(w, endpoint, o.Dir)
	return nothingRefused(ctx, o.Dir)
}

// startConsole starts a console of the cloud alone, or of the declaration that is here, which ends with the cloud.
func startConsole(ctx context.Context, w io.Writer, dir string) error {
	args := []string{"console", "--dir", dir, "--local", "--with-cloud"}
	if file, err := filepath.Abs(understudy.DefaultFile); err == nil {
		if _, err := os.Stat(file); err == nil {
			args = append(args, "--file", file)
		}
	}
	at, err := inBackground(ctx, dir, "console", consolePrefix, args)
	if err != nil {
		return fmt.Errorf("the cloud runs, but no console: %w", err)
	}
	_, err = fmt.Fprintf(w, "\n%s%s\n", consolePrefix, at)
	return err
}

// inBackground starts this program in its own session, with a log of this name in a cloud's folder. Its first line of output has to begin with a
// prefix, and the rest of it is returned. If it does not, what it has said in its log is the error.
func inBackground(ctx context.Context, dir, name, prefix string, args []string, env ...string) (string, error) {
	if err := os.MkdirAll(filepath.Join(dir, "log"), 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "log", name+".log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer log.Close()
	said, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return "", err
	}
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w\nhint: is /proc mounted? `sudo mount -t proc proc /proc` does so", err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = log
	cmd.Dir = "/" // hold no folder of the caller's
	cmd.SysProcAttr = ownSession()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	interrupted := context.AfterFunc(ctx, func() { cmd.Process.Signal(syscall.SIGTERM) })
	defer interrupted()
	line, err := bufio.NewReader(out).ReadString('\n')
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), prefix)
	if err != nil || !ok {
		cmd.Wait()
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", errors.New(lastWords(path, said))
	}
	return rest, cmd.Process.Release()
}

// nothingRefused returns an error if the state of a part of a started cloud is refused.
func nothingRefused(ctx context.Context, dir string) error {
	c, err := cloud.Attach(ctx, dir)
	if err != nil {
		return err
	}
	s, err := c.Status(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range s.Processes {
		if p.State == "refused" {
			errs = append(errs, refused(p))
		}
	}
	return errors.Join(errs...)
}

func startArguments(o cloud.Options) []string {
	args := []string{"cloud", "start", "--foreground", "--dir", o.Dir}
	if o.Speed > 0 {
		args = append(args, "--speed", fmt.Sprint(o.Speed))
	}
	if o.LeastTimeout > 0 {
		args = append(args, "--least-timeout", o.LeastTimeout.String())
	}
	if o.Throttle {
		args = append(args, "--throttle")
	}
	if o.NoDefaultVPC {
		args = append(args, "--default-vpc=false")
	}
	for code, most := range o.Quotas {
		args = append(args, "--quota", fmt.Sprintf("%s=%d", code, most))
	}
	args = append(args, "--while", strconv.Itoa(o.While), fmt.Sprintf("--remove=%t", o.Remove))
	for _, flag := range [][2]string{
		{"--regions", strings.Join(o.Regions, ",")}, {"--account", o.Account}, {"--listen", o.Listen}, {"--record", o.Record}, {"--iam", o.IAM},
	} {
		if flag[1] != "" {
			args = append(args, flag[0], flag[1])
		}
	}
	return args
}

// lastWords is the output of a daemon that did not start.
func lastWords(path string, from int64) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return err.Error()
	}
	b, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return err.Error()
	}
	text := string(b)
	if _, after, ok := strings.Cut(text, "understudy: "); ok {
		text = after
	}
	return strings.TrimSpace(text)
}

func printStarted(w io.Writer, endpoint, dir string) {
	flag := ""
	if dirFlag != "" {
		flag = " --dir " + dir
	}
	fmt.Fprintf(w, "a cloud runs at %s\n\n"+
		"  eval \"$(understudy cloud%s env)\"     # point this shell's AWS clients at it\n"+
		"  understudy cloud%s status\n"+
		"  understudy cloud%s stop\n", endpoint, flag, flag, flag)
}
