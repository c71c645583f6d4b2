//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// script is the service that every instance runs.
const script = "#!/bin/sh\nhello -addr :8080 &\n"

// measureMachines launches instances one after the other, which all stay, and measures how long each takes from the call to
// running, and how much memory each has with its service.
func (b *bench) measureMachines(ctx context.Context) error {
	before, err := b.treeMemory(ctx)
	if err != nil {
		return err
	}
	var took []time.Duration
	for range b.machines {
		began := time.Now()
		ids, err := b.launch(ctx, 1, b.subnet, b.group)
		if err != nil {
			return err
		}
		if err := b.await(ctx, ids[0], types.InstanceStateNameRunning); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	figure("machine.start_median_ms", milliseconds(quantile(took, 0.5)), "ms")
	figure("machine.start_ms", milliseconds(quantile(took, 0.99)), "ms")
	if err := b.settled(ctx); err != nil {
		return err
	}
	after, err := b.treeMemory(ctx)
	figure("machine.kb_each", float64(after-before)/1024/float64(b.machines), "KiB")
	return err
}

// launch launches instances that run the service, and returns their ids.
func (b *bench) launch(ctx context.Context, n int32, subnet, group string) (ids []string, err error) {
	out, err := b.api.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: &b.image, InstanceType: types.InstanceTypeT3Micro, MinCount: &n, MaxCount: &n, SubnetId: &subnet,
		SecurityGroupIds: []string{group}, UserData: new(base64.StdEncoding.EncodeToString([]byte(script))),
	})
	if err != nil {
		return nil, err
	}
	for _, i := range out.Instances {
		ids = append(ids, *i.InstanceId)
	}
	return ids, nil
}

// await asks again and again until an instance has a state.
func (b *bench) await(ctx context.Context, id string, state types.InstanceStateName) error {
	for end := time.Now().Add(time.Minute); ; {
		out, err := b.api.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
		if err != nil {
			return err
		}
		i := out.Reservations[0].Instances[0]
		if i.State.Name == state {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s is %s, not %s: %s", id, i.State.Name, state, reason(i))
		}
	}
}

// reason says why an instance is in its state, if that is known.
func reason(i types.Instance) string {
	if i.StateReason == nil {
		return "no reason is known"
	}
	return *i.StateReason.Message
}

// settled waits until every instance runs its service, as far as its processes tell.
func (b *bench) settled(ctx context.Context) error {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		tree, err := b.tree(ctx)
		if err != nil {
			return err
		}
		services := 0
		for _, pid := range tree {
			if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && bytes.HasPrefix(line, []byte("hello\x00")) {
				services++
			}
		}
		if services >= b.machines {
			return nil
		}
	}
	return fmt.Errorf("not every one of %d instances runs its service", b.machines)
}

// treeMemory is the memory of the cloud's processes and of all that they have started, in bytes; a page that several share
// counts once.
func (b *bench) treeMemory(ctx context.Context) (total int64, err error) {
	tree, err := b.tree(ctx)
	for _, pid := range tree {
		rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // it has ended
		}
		for line := range strings.Lines(string(rollup)) {
			if f := strings.Fields(line); len(f) == 3 && f[0] == "Pss:" {
				kb, _ := strconv.ParseInt(f[1], 10, 64)
				total += kb << 10
			}
		}
	}
	return total, err
}

// tree lists the cloud's processes and all their descendants.
func (b *bench) tree(ctx context.Context) (all []int, err error) {
	s, err := b.cloud.Status(ctx)
	if err != nil {
		return nil, err
	}
	children := childrenOf()
	seen := map[int]bool{}
	var add func(int)
	add = func(pid int) {
		if pid == 0 || seen[pid] {
			return
		}
		seen[pid] = true
		all = append(all, pid)
		for _, child := range children[pid] {
			add(child)
		}
	}
	for _, p := range s.Processes {
		add(p.PID)
	}
	return all, nil
}

// childrenOf reads every process's parent.
func childrenOf() map[int][]int {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		// The name, in parentheses, may have spaces; the state and the parent come after it (proc(5)).
		if f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])); len(f) > 1 {
			parent, _ := strconv.Atoi(f[1])
			children[parent] = append(children[parent], pid)
		}
	}
	return children
}
