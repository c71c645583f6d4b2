//go:build linux

// Command region measures a local cloud's regions: how soon it is there and how large, how soon an instance runs and how large
// that is, how soon a group's rule holds, and how many instances are described a second. run.sh builds the programs and starts
// this one.
//
// The cloud is pinned to core 0, and this program to core 1.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/understudy/understudy/cloud"
	"github.com/understudy/understudy/internal/patience"
)

func main() {
	b := &bench{speed: "1"}
	flag.StringVar(&b.understudy, "understudy", "", "path of the program understudy")
	flag.StringVar(&b.dir, "dir", "", "folder for temporary files")
	flag.IntVar(&b.starts, "starts", 7, "how often a cloud is started")
	flag.IntVar(&b.machines, "machines", 100, "how many instances run at once")
	flag.IntVar(&b.stopped, "stopped", 1000, "how many stopped instances are listed")
	flag.DurationVar(&b.length, "for", 5*time.Second, "how long instances are described")
	flag.DurationVar(&b.soaked, "soak", 0, "only build and remove for so long, at speed 30, and fail if memory grows")
	flag.Parse()
	if err := b.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench/region:", err)
		os.Exit(1)
	}
}

type bench struct {
	understudy, dir, speed    string
	starts, machines, stopped int
	length, soaked            time.Duration
	cloud                     *cloud.Attached
	api                       *ec2.Client
	image, group, subnet      string
}

const region = "us-east-1"

func figure(name string, value float64, unit string) {
	fmt.Printf("figure %s %.2f %s\n", name, value, unit)
}

func (b *bench) run(ctx context.Context) error {
	measures := []func(context.Context) error{b.connect, b.measureMachines, b.measureGroups, b.measureDescribe, b.measureStopped}
	if b.soaked > 0 {
		b.starts, b.speed = 1, "30"
		measures = []func(context.Context) error{b.connect, func(ctx context.Context) error { return b.soak(ctx, b.soaked) }}
	}
	if err := b.measureStarts(ctx); err != nil {
		return err
	}
	defer func() { _ = b.command("cloud", "stop", "--dir", b.folder(0)).Run() }()
	for _, measure := range measures {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) folder(n int) string { return filepath.Join(b.dir, fmt.Sprint("cloud-", n)) }

func (b *bench) command(args ...string) *exec.Cmd {
	cmd := exec.Command("taskset", append([]string{"-c", "0", b.understudy}, args...)...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+b.dir)
	cmd.Stderr = os.Stderr
	return cmd
}

// measureStarts starts clouds in new folders one after the other, from the command to its end, and leaves the first running.
func (b *bench) measureStarts(ctx context.Context) (err error) {
	var took []time.Duration
	for n := b.starts - 1; n >= 0; n-- {
		began := time.Now()
		if err := b.command("cloud", "start", "--dir", b.folder(n), "--speed", b.speed, "--while", fmt.Sprint(os.Getpid())).Run(); err != nil {
			return fmt.Errorf("start a cloud: %w", err)
		}
		took = append(took, time.Since(began))
		if n > 0 {
			if err := b.command("cloud", "stop", "--dir", b.folder(n)).Run(); err != nil {
				return fmt.Errorf("stop a cloud: %w", err)
			}
		}
	}
	figure("cloud.start_ms", milliseconds(quantile(took, 0.5)), "ms")
	if b.cloud, err = cloud.Attach(ctx, b.folder(0)); err != nil {
		return err
	}
	s, err := b.cloud.Status(ctx)
	figure("cloud.idle_mb", mebibytes(s), "MiB")
	return err
}

// mebibytes is the memory of the cloud's own processes; a page that several share counts once.
func mebibytes(s cloud.Status) float64 {
	var bytes int64
	for _, p := range s.Processes {
		bytes += p.PSS
	}
	return float64(bytes) / (1 << 20)
}

// connect makes a client, and finds what instances are launched with.
func (b *bench) connect(ctx context.Context) error {
	env, err := b.cloud.Env(ctx)
	if err != nil {
		return err
	}
	endpoint := env["AWS_ENDPOINT_URL"]
	keys := credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], "")
	b.api = ec2.New(ec2.Options{
		BaseEndpoint: &endpoint, Region: region, Credentials: keys, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
	})
	images, err := b.api.DescribeImages(ctx, &ec2.DescribeImagesInput{})
	if err != nil {
		return err
	}
	for _, i := range images.Images {
		if strings.HasPrefix(*i.Name, "understudy-hello-") {
			b.image = *i.ImageId
		}
	}
	groups, err := b.api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupNames: []string{"default"}})
	if err != nil {
		return err
	}
	b.group = *groups.SecurityGroups[0].GroupId
	subnets, err := b.api.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		return err
	}
	b.subnet = *subnets.Subnets[0].SubnetId
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// middle is the median.
func middle(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// quantile is that of the sorted times that a share of all do not exceed.
func quantile(all []time.Duration, share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
