//go:build linux

package cloud_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/internal/judge"
)

// TestFullDiskLosesNothingAcknowledged fills the file system of a cloud's folder to the last block, loses a
// region on it, brings it back, and frees the space again.
func TestFullDiskLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd, inside := onOwnDisk(dir)
	h := startHostAs(t, cmd, inside)
	api := h.ec2("us-east-1")
	l := &ledger{made: map[string]map[string]bool{}, count: make(chan struct{}, 1000)}
	until(t, "the example's image is there", func() bool { // which takes most of the room
		made, _ := filepath.Glob(filepath.Join(inside(), "regions", "us-east-1", "layers", "program-*"))
		return len(made) == 1
	})
	instance := launch(t, h)

	fill := filepath.Join(inside(), "fill")
	if err := os.WriteFile(fill, make([]byte, 200<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill the disk: %v", err)
	}
	refused := 0
	for range 100 { // a few changes fit into free pages of the state's file
		vpc, err := api.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
		var answer *awshttp.ResponseError
		switch {
		case err == nil:
			l.add(t.Context(), "us-east-1 vpc", *vpc.Vpc.VpcId)
		case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusInternalServerError:
			refused++
		default:
			t.Fatalf("a change on a full disk: %v", err)
		}
	}
	if refused == 0 {
		t.Fatal("a hundred changes went onto a full disk")
	}
	for _, do := range []func() error{
		func() error { return h.KillRegion(t.Context(), "us-east-1") },
		func() error { return h.StartRegion(t.Context(), "us-east-1") },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	l.check(t, h)
	if err := os.Remove(fill); err != nil {
		t.Fatal(err)
	}
	until(t, "the instance runs again", func() bool { return strings.Count(consoleOf(t, h, instance), "booted") > 1 })
	if s := stateOf(t, h, instance); s != ec2types.InstanceStateNameRunning {
		t.Errorf("the instance is %s", s)
	}
	vpc, err := api.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.2.0.0/16")})
	if err != nil {
		t.Fatalf("a change once there is room: %v", err)
	}
	l.add(t.Context(), "us-east-1 vpc", *vpc.Vpc.VpcId)
	h.kill()
}

// onOwnDisk is a host's command with a small file system for its folder, and the folder as others see it.
func onOwnDisk(dir string) (*exec.Cmd, func() string) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), envHost+"="+dir, envDisk+"=160m")
	cmd.SysProcAttr = &syscall.SysProcAttr{ // mounting takes a mount namespace, and with it no privilege
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}},
	}
	return cmd, func() string { return fmt.Sprintf("/proc/%d/root%s", cmd.Process.Pid, dir) }
}

// A start with the flags of the last one writes nothing that has not changed.
func TestStartAsBeforeWorksOnAFullDisk(t *testing.T) {
	t.Parallel()
	cmd, inside := onOwnDisk(t.TempDir())
	cmd.Env = append(cmd.Env, envFull+"=1")
	h := startHostAs(t, cmd, inside)
	if h.env["AWS_ACCESS_KEY_ID"] != "AKIDEXAMPLE" || h.Account != "123456789012" {
		t.Errorf("%v, account %s", h.env, h.Account)
	}
	for _, p := range h.Processes {
		if p.State != "up" {
			t.Errorf("%+v", p)
		}
	}
	h.kill()
}

// launch runs an instance of the host's own image that says on its console when it boots.
func launch(t *testing.T, h *host) string {
	t.Helper()
	id := launchWith(t, h, everyBoot("#!/bin/sh\necho booted >/dev/console\n"))
	until(t, "the instance has booted", func() bool { return strings.Contains(consoleOf(t, h, id), "booted") })
	until(t, "the instance is running", func() bool { return stateOf(t, h, id) == ec2types.InstanceStateNameRunning })
	return id
}

// launchWith runs an instance of the host's own image with user data.
func launchWith(t *testing.T, h *host, script string) string {
	t.Helper()
	return launchAs(t, h.ec2("us-east-1"), script, "")
}

// launchAs is launchWith with an instance profile, where one is named.
func launchAs(t *testing.T, api *ec2.Client, script, profile string) string {
	t.Helper()
	vpc, err := api.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := api.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.0.1.0/24")})
	if err != nil {
		t.Fatal(err)
	}
	image, kind := hostImage(t, api)
	var as *ec2types.IamInstanceProfileSpecification
	if profile != "" {
		as = &ec2types.IamInstanceProfileSpecification{Name: &profile}
	}
	run, err := api.RunInstances(t.Context(), &ec2.RunInstancesInput{
		IamInstanceProfile: as, ImageId: &image, InstanceType: kind, SubnetId: subnet.Subnet.SubnetId,
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), UserData: asUserData(t, script),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *run.Instances[0].InstanceId
}

// hostImage is the host's own image, and an instance type that runs it.
func hostImage(t *testing.T, api *ec2.Client) (string, ec2types.InstanceType) {
	t.Helper()
	named := []ec2types.Filter{{Name: aws.String("name"), Values: []string{"understudy-host-*"}}}
	images, err := api.DescribeImages(t.Context(), &ec2.DescribeImagesInput{Filters: named})
	if err != nil || len(images.Images) != 1 {
		t.Fatalf("images %v, %v", images, err)
	}
	if images.Images[0].Architecture == ec2types.ArchitectureValuesArm64 {
		return *images.Images[0].ImageId, ec2types.InstanceTypeT4gMicro
	}
	return *images.Images[0].ImageId, ec2types.InstanceTypeT3Micro
}

func stateOf(t *testing.T, h *host, id string) ec2types.InstanceStateName {
	t.Helper()
	out, err := h.ec2("us-east-1").DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Reservations[0].Instances[0].State.Name
}

func consoleOf(t *testing.T, h *host, id string) string {
	t.Helper()
	return consoleBy(t, h.ec2("us-east-1"), id)
}

func consoleBy(t *testing.T, api *ec2.Client, id string) string {
	t.Helper()
	out, err := api.GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputInput{InstanceId: &id})
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, aws.ToString(out.Output))
}

// asUserData is a script as instances are given it; the test needs the judges that it runs.
func asUserData(t testing.TB, script string) *string {
	t.Helper()
	judge.NeedIn(t, script)
	return aws.String(base64.StdEncoding.EncodeToString([]byte(script)))
}

func decoded(t *testing.T, s string) string {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
