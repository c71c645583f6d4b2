package e2e

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The ramp: requests a minute of AWS's, of which 30 pass in one of ours. Few enough for any machine.
const (
	rampLow    = 20
	rampHigh   = 180
	rampTarget = 50 // requests a minute and instance
	rampMost   = 4  // instances
)

// ramp is a fleet that follows the requests for each of its instances, and who asks it.
type ramp struct {
	*stage
	began    time.Time
	minute   time.Duration
	rate     atomic.Int64 // requests a minute that are asked for
	asked    atomic.Int64
	failed   atomic.Int64
	why      sync.Map // of the errors' texts
	url      string
	readings []reading
}

// reading is what there was at one moment.
type reading struct {
	minute           float64 // of AWS's, since the ramp began
	asked            float64 // requests a minute
	desired, serving int
}

// Requests through the real load balancer make target tracking scale out, and in when they are fewer. Nobody's request is lost.
// UNDERSTUDY_PICTURE=FILE writes the series as an SVG.
func TestRampScalesOutAndIn(t *testing.T) {
	t.Parallel()
	r := &ramp{stage: start(t), minute: 2 * time.Second}
	r.build()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%d requests, %d of them failed; readings: %+v", r.asked.Load(), r.failed.Load(), r.readings[max(0, len(r.readings)-20):])
			t.Log(r.east("autoscaling", "describe-scaling-activities", "--query", "Activities[].[StartTime,StatusCode,Cause]"))
			t.Log(r.east("cloudwatch", "describe-alarms", "--query", "MetricAlarms[].[AlarmName,StateValue,StateReason]"))
		}
	})
	r.began = time.Now()
	stop := r.askAt(r.url, nil)
	defer stop()
	r.rate.Store(rampLow)
	r.follow("one instance serves", func(last reading) bool { return last.serving == 1 && last.minute > 5 })
	for step := int64(1); step <= 8; step++ {
		r.rate.Store(rampLow + (rampHigh-rampLow)*step/8)
		from := r.now()
		r.follow("a step of the ramp", func(last reading) bool { return last.minute > from+2 })
	}
	r.follow("the fleet has grown", func(last reading) bool { return last.serving >= 3 })
	from := r.now()
	r.follow("its height", func(last reading) bool { return last.minute > from+10 })
	r.rate.Store(rampLow)
	r.follow("the fleet is small again", func(last reading) bool { return last.desired == 1 && last.serving == 1 })
	from = r.now()
	r.follow("the end", func(last reading) bool { return last.minute > from+3 })
	stop()
	if n := r.failed.Load(); n > 0 {
		t.Errorf("%d of %d requests failed: %v", n, r.asked.Load(), r.lost())
	}
	if file := os.Getenv("UNDERSTUDY_PICTURE"); file != "" {
		if err := os.WriteFile(file, drawRamp(r.readings), 0o644); err != nil {
			t.Error(err)
		}
	}
	r.remove()
}

func (r *ramp) now() float64 { return float64(time.Since(r.began)) / float64(r.minute) }

func (r *ramp) east(args ...string) string { r.t.Helper(); return r.aws("us-east-1", args...) }

// build makes a load balancer and a fleet in the default VPC, with the policy.
func (r *ramp) build() {
	r.t.Helper()
	vpc := r.east("ec2", "describe-vpcs", "--query", "Vpcs[0].VpcId")
	subnets := strings.Fields(r.east("ec2", "describe-subnets", "--query", "Subnets[:2].SubnetId"))
	group := r.east("ec2", "create-security-group", "--group-name", "ramp", "--description", "ramp", "--vpc-id", vpc, "--query", "GroupId")
	for _, port := range []string{"80", "8080"} {
		r.east("ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", port, "--cidr", "0.0.0.0/0")
	}
	image := r.east("ec2", "describe-images", "--owners", "amazon", "--filters", "Name=name,Values=understudy-hello-*", "--query", "Images[0].ImageId")
	data := base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nhello -addr :8080 &\n"))
	r.east("ec2", "create-launch-template", "--launch-template-name", "ramp", "--launch-template-data",
		`{"ImageId":"`+image+`","InstanceType":"t3.micro","SecurityGroupIds":["`+group+`"],"UserData":"`+data+`"}`)
	targets := r.east("elbv2", "create-target-group", "--name", "ramp", "--protocol", "HTTP", "--port", "8080", "--vpc-id", vpc,
		"--health-check-path", "/healthz", "--health-check-interval-seconds", "5", "--health-check-timeout-seconds", "2",
		"--healthy-threshold-count", "2", "--query", "TargetGroups[0].TargetGroupArn")
	balancer := r.east("elbv2", "create-load-balancer", "--name", "ramp", "--subnets", subnets[0], subnets[1], "--security-groups", group,
		"--query", "LoadBalancers[0].LoadBalancerArn")
	r.east("elbv2", "create-listener", "--load-balancer-arn", balancer, "--protocol", "HTTP", "--port", "80",
		"--default-actions", "Type=forward,TargetGroupArn="+targets)
	r.east("autoscaling", "create-auto-scaling-group", "--auto-scaling-group-name", "ramp", "--launch-template", "LaunchTemplateName=ramp,Version=$Latest",
		"--min-size", "1", "--max-size", strconv.Itoa(rampMost), "--vpc-zone-identifier", strings.Join(subnets, ","), "--target-group-arns", targets,
		"--health-check-type", "ELB", "--health-check-grace-period", "60", "--default-instance-warmup", "60")
	label := balancer[strings.Index(balancer, "loadbalancer/")+len("loadbalancer/"):] + "/" + targets[strings.Index(targets, "targetgroup/"):]
	r.east("autoscaling", "put-scaling-policy", "--auto-scaling-group-name", "ramp", "--policy-name", "requests", "--policy-type", "TargetTrackingScaling",
		"--target-tracking-configuration", `{"TargetValue":`+strconv.Itoa(rampTarget)+
			`,"PredefinedMetricSpecification":{"PredefinedMetricType":"ALBRequestCountPerTarget","ResourceLabel":"`+label+`"}}`)
	r.until("a target is healthy", func() bool {
		return strings.Contains(r.east("elbv2", "describe-target-health", "--target-group-arn", targets), "\thealthy")
	})
	address, _, _ := strings.Cut(r.dig(r.east("elbv2", "describe-load-balancers", "--query", "LoadBalancers[0].DNSName")), "\n")
	r.url = fmt.Sprintf("http://%s:%d/", address, r.port(80))
}

// askAt asks at the rate there is, until the returned function is called.
func (r *ramp) askAt(url string, secured *tls.Config) (stop func()) {
	var work sync.WaitGroup
	done := make(chan struct{})
	client := &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 100, TLSClientConfig: secured}}
	work.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(r.minute / time.Duration(max(1, r.rate.Load()))):
			}
			work.Go(func() {
				r.asked.Add(1)
				resp, err := client.Get(url)
				if err == nil {
					defer resp.Body.Close()
					if _, err = io.Copy(io.Discard, resp.Body); err == nil && resp.StatusCode != http.StatusOK {
						err = errors.New(resp.Status)
					}
				}
				if err != nil {
					r.failed.Add(1)
					r.why.Store(err.Error(), true)
				}
			})
		}
	})
	return sync.OnceFunc(func() {
		close(done)
		work.Wait()
		client.CloseIdleConnections()
	})
}

// lost are the errors of failed requests, each once.
func (r *ramp) lost() (errs []string) {
	r.why.Range(func(text, _ any) bool { errs = append(errs, text.(string)); return true })
	return errs
}

// follow reads until the last reading says yes.
func (r *ramp) follow(what string, yes func(last reading) bool) {
	r.t.Helper()
	before, at := r.asked.Load(), time.Now()
	r.until(what, func() bool {
		group := r.read()
		now := reading{minute: r.now(), desired: group.DesiredCapacity}
		if passed := time.Since(at); passed > r.minute/2 {
			asked := r.asked.Load()
			now.asked = float64(asked-before) * float64(r.minute) / float64(passed)
			before, at = asked, time.Now()
		} else if n := len(r.readings); n > 0 {
			now.asked = r.readings[n-1].asked
		}
		for _, i := range group.Instances {
			if i.LifecycleState == "InService" {
				now.serving++
			}
		}
		r.readings = append(r.readings, now)
		return yes(now)
	})
}

// fleet is what the AWS CLI shows of the group.
type fleet struct {
	DesiredCapacity int
	Instances       []struct{ LifecycleState string }
}

func (r *ramp) read() (f fleet) {
	r.t.Helper()
	cli := warm.programs(r.t, "awscli") + "/aws"
	said := r.run(cli, "autoscaling", "describe-auto-scaling-groups", "--query", "AutoScalingGroups[0]", "--output", "json", "--region", "us-east-1",
		"--endpoint-url", r.env["AWS_ENDPOINT_URL"])
	if err := json.Unmarshal([]byte(said.stdout), &f); err != nil {
		r.t.Fatalf("%v\n%s%s", err, said.stdout, said.stderr)
	}
	return f
}

// remove removes what build has made, by the names of it.
func (r *ramp) remove() {
	r.t.Helper()
	r.east("autoscaling", "delete-auto-scaling-group", "--auto-scaling-group-name", "ramp", "--force-delete")
	r.until("the alarms of the policy are gone", func() bool {
		return r.east("cloudwatch", "describe-alarms", "--query", "MetricAlarms[].AlarmName") == ""
	})
}
