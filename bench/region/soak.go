//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// The soak's growth that counts as none: a heap may be anywhere between two collections, and the store's file is mapped.
const (
	mostGrowth = 1.25
	workers    = 3
	sample     = 15 * time.Second
)

// soak builds and removes networks and instances all the time, and fails if the cloud's memory or its open files grow: the
// last third's median is compared with that of the second third, after which what AWS remembers of terminated instances for
// an hour is forgotten at the speed of the cloud.
func (b *bench) soak(ctx context.Context, length time.Duration) error {
	ctx, stop := context.WithTimeout(ctx, length)
	defer stop()
	var cycles atomic.Int64
	var wg sync.WaitGroup
	failed := make(chan error, workers)
	for n := range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := b.cycle(ctx, n); err != nil && ctx.Err() == nil {
					failed <- err
					stop()
				}
				cycles.Add(1)
			}
		})
	}
	memory, files, err := b.watch(ctx)
	wg.Wait()
	close(failed)
	if err = errors.Join(err, <-failed); err != nil {
		return err
	}
	figure("soak.cycles", float64(cycles.Load()), "cycles")
	return errors.Join(flat("soak.memory", "MiB", memory), flat("soak.files", "files", files))
}

// flat compares the last third of samples with the second one.
func flat(name, unit string, samples []float64) error {
	third := len(samples) / 3
	if third == 0 {
		return fmt.Errorf("%s: %d samples are too few", name, len(samples))
	}
	was, is := middle(samples[third:2*third]), middle(samples[2*third:])
	figure(name, is, unit)
	figure(name+"_growth", is/was, "times")
	if is > was*mostGrowth {
		return fmt.Errorf("%s has grown from %.1f to %.1f %s: %.1f", name, was, is, unit, samples)
	}
	return nil
}

// watch samples memory, in MiB, and open files of the cloud's own processes until the context ends.
func (b *bench) watch(ctx context.Context) (memory, files []float64, err error) {
	tick := time.NewTicker(sample)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return memory, files, nil
		case <-tick.C:
		}
		s, err := b.cloud.Status(context.WithoutCancel(ctx))
		if err != nil {
			return nil, nil, err
		}
		open := 0
		for _, p := range s.Processes {
			found, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.PID))
			open += len(found)
		}
		memory, files = append(memory, mebibytes(s)), append(files, float64(open))
		fmt.Fprintf(os.Stderr, "%.0f MiB, %d files\n", mebibytes(s), open)
	}
}

// cycle makes a VPC with a subnet, a group and an instance, and removes all again.
func (b *bench) cycle(ctx context.Context, n int) error {
	cidr := fmt.Sprintf("10.%d.0.0/16", 100+n)
	vpc, err := b.api.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr})
	if err != nil {
		return err
	}
	subnet, err := b.api.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: new(fmt.Sprintf("10.%d.1.0/24", 100+n))})
	if err != nil {
		return err
	}
	group, err := b.api.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: new("soak"), Description: new("soak"), VpcId: vpc.Vpc.VpcId})
	if err != nil {
		return err
	}
	for port := range int32(5) {
		_, err := b.api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group.GroupId,
			IpProtocol: new("tcp"), FromPort: new(8000 + port), ToPort: new(8000 + port), CidrIp: new("0.0.0.0/0")})
		if err != nil {
			return err
		}
	}
	ids, err := b.launch(ctx, 1, *subnet.Subnet.SubnetId, *group.GroupId)
	if err != nil {
		return err
	}
	if err := b.await(ctx, ids[0], types.InstanceStateNameRunning); err != nil {
		return err
	}
	if _, err := b.api.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids}); err != nil {
		return err
	}
	if err := b.await(ctx, ids[0], types.InstanceStateNameTerminated); err != nil {
		return err
	}
	if _, err := b.api.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: group.GroupId}); err != nil {
		return err
	}
	if _, err := b.api.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: subnet.Subnet.SubnetId}); err != nil {
		return err
	}
	_, err = b.api.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: vpc.Vpc.VpcId})
	return err
}
