package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/examples"
	"github.com/understudy/understudy/parity"
	"github.com/understudy/understudy/plan"
)

const demoHelp = `Shows the main job on this machine, in less than a minute: starts a local cloud in a
temporary folder, builds the example service in two regions, sends it traffic from
many users, kills the primary region, shows the secondary serve, brings the primary
back, shows the traffic return, and prints how long users were without service. Then it
removes everything, also when it is interrupted.`

// demoReport is a drill's report with what the two regions held when it began.
type demoReport struct {
	*drill.Report
	Inventory map[string]map[string]int `json:"inventory"`
}

func demoCommand() *cobra.Command {
	var speed float64
	var users int
	var rate float64
	var report string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See a region lost and its users served by the other one",
		Long:  demoHelp,
		Example: `  understudy demo
  understudy demo --speed 60 --json report.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkUsers(users, rate); err != nil {
				return misuse(err)
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
			defer stop()
			return runDemo(ctx, cmd, speed, users, rate, report)
		},
	}
	cmd.Flags().Float64Var(&speed, "speed", 30, "divide every interval that AWS defines by this `number`, those of boots and probes down to a limit")
	usersFlags(cmd, &users, &rate, 400) // the cloud is the demo's own, and a second is long at its speed
	cmd.Flags().StringVar(&report, "json", "", "write the report to this `file` as JSON; - for standard output")
	return cmd
}

func runDemo(ctx context.Context, cmd *cobra.Command, speed float64, users int, rate float64, report string) (err error) {
	say := sayer(cmd.ErrOrStderr(), time.Now())
	d, err := understudy.Parse("examples/hello/understudy.yaml", examples.Hello, nil)
	if err != nil {
		return err
	}
	o := cloud.Options{Regions: []string{d.Regions[understudy.Primary].Name, d.Regions[understudy.Secondary].Name}, Speed: speed}
	if err := recordingByEnvironment(&o); err != nil {
		return err
	}
	c, err := cloud.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, c.Close())
		say("everything is removed")
	}()
	say("a local cloud runs at speed %g: AWS's minute takes %s", speed, time.Duration(float64(time.Minute)/speed).Round(time.Millisecond))
	stack, err := plan.Open(ctx, d, clientOptions(c)...)
	if err != nil {
		return err
	}
	found, err := buildAndLose(ctx, say, c, stack, users, rate)
	if err != nil {
		return err
	}
	if report == "-" {
		return errors.Join(writeJSON(cmd, found), returned(found.Report))
	}
	printInventory(cmd.OutOrStdout(), found)
	printDrill(cmd.OutOrStdout(), found.Report)
	if report != "" {
		if err := writeReport(report, found); err != nil {
			return err
		}
	}
	return returned(found.Report)
}

// buildAndLose is the part of the demo that needs the cloud: it builds both regions and runs the drill.
func buildAndLose(ctx context.Context, say func(string, ...any), c *cloud.Cloud, stack *plan.Stack, users int, rate float64) (*demoReport, error) {
	if err := demoUp(ctx, stack); err != nil {
		return nil, err
	}
	say("both regions are up")
	audit, err := parity.Audit(ctx, stack.Declaration, stack.Accounts, parity.Options{})
	if err != nil {
		return nil, err
	}
	env := c.Env()
	o, err := readOutside(func(name string) string { return env[name] })
	if err != nil {
		return nil, err
	}
	rehearse, _, err := rehearsal(ctx, stack, o, users, rate)
	if err != nil {
		return nil, err
	}
	rehearse.AbortAfter = time.Minute // nobody is hurt, and a busy machine is slower than predicted
	rehearse.Fault = drill.LoseRegion{Control: c, Region: rehearse.Primary}
	rehearse.Journal = drill.Journal{Path: filepath.Join(c.Dir(), "drill.json")}
	view := newDrillView(os.Stderr)
	defer view.close()
	rehearse.Tell = view.tell
	found, err := rehearse.Run(ctx)
	if err != nil {
		return nil, err
	}
	found.Faults = inWords(c.Faults())
	return &demoReport{Report: found, Inventory: audit.Inventory()}, nil
}

// clientOptions points SDK clients at a cloud, whatever the environment says.
func clientOptions(c *cloud.Cloud) []account.Option {
	id, secret := c.Credentials()
	return []account.Option{
		config.WithBaseEndpoint(c.Endpoint()),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, "")),
	}
}

func demoUp(ctx context.Context, stack *plan.Stack) error {
	p, err := stack.Up(ctx)
	if err != nil {
		return err
	}
	report := newProgress(os.Stderr, len(p.Steps))
	defer report.close()
	return p.Apply(ctx, report)
}

// sayer prints what happens with the time since the beginning.
func sayer(w io.Writer, began time.Time) func(string, ...any) {
	return func(format string, args ...any) {
		fmt.Fprintf(w, "%6.1fs  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
}

// printInventory shows both regions' counts side by side, as read back through the AWS API.
func printInventory(w io.Writer, r *demoReport) {
	regions := slices.Sorted(maps.Keys(r.Inventory))
	fmt.Fprintf(w, "%-22s", "")
	kinds := map[string]bool{}
	for _, region := range regions {
		fmt.Fprintf(w, "%16s", region)
		for kind := range r.Inventory[region] {
			kinds[kind] = true
		}
	}
	fmt.Fprintln(w)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Fprintf(w, "%-22s", kind)
		for _, region := range regions {
			fmt.Fprintf(w, "%16d", r.Inventory[region][kind])
		}
		fmt.Fprintln(w)
	}
}
