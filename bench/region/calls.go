//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"sync/atomic"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// measureGroups allows a port of an instance and takes it away again, and measures how long after the call's answer the first
// connection is made, from the host by the address's twin.
func (b *bench) measureGroups(ctx context.Context) error {
	out, err := b.api.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
	if err != nil {
		return err
	}
	twin, err := b.twin(*out.Reservations[0].Instances[0].PublicIpAddress)
	if err != nil {
		return err
	}
	allow := []types.IpPermission{{
		IpProtocol: new("tcp"), FromPort: new(int32(8080)), ToPort: new(int32(8080)), IpRanges: []types.IpRange{{CidrIp: new("0.0.0.0/0")}},
	}}
	var took []time.Duration
	for range 100 {
		if _, err := b.api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &b.group, IpPermissions: allow}); err != nil {
			return err
		}
		began := time.Now()
		for end := began.Add(time.Minute); ; {
			c, err := net.DialTimeout("tcp", twin+":8080", time.Second)
			if err == nil {
				_ = c.Close()
				break
			}
			if time.Now().After(end) {
				return fmt.Errorf("%s:8080 is allowed, and not reached: %w", twin, err)
			}
		}
		took = append(took, time.Since(began))
		if _, err := b.api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &b.group, IpPermissions: allow}); err != nil {
			return err
		}
	}
	figure("network.group_ms", milliseconds(quantile(took, 0.99)), "ms")
	return nil
}

// twin is where the host reaches a public address of the first region: docs/cloud.md has the table.
func (b *bench) twin(public string) (string, error) {
	endpoint, err := url.Parse(*b.api.Options().BaseEndpoint)
	if err != nil {
		return "", err
	}
	host, err := netip.ParseAddr(endpoint.Hostname())
	if err != nil {
		return "", err
	}
	address, err := netip.ParseAddr(public)
	if err != nil {
		return "", err
	}
	return netip.AddrFrom4([4]byte{127, host.As4()[1], 1, address.As4()[3]}).String(), nil
}

// measureDescribe describes 50 instances again and again, with four calls under way. One request is signed and sent every
// time.
func (b *bench) measureDescribe(ctx context.Context) error {
	const under, instances = 4, 50
	body := fmt.Appendf(nil, "%s&MaxResults=%d", describe, instances)
	r, err := b.signed(ctx, body)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, b.length)
	defer stop()
	failed := make(chan error, under)
	var answers atomic.Int64
	began := time.Now()
	for range under {
		go func() {
			for ctx.Err() == nil {
				answer, err := ask(r.Clone(ctx), body)
				if n := bytes.Count(answer, []byte("<instanceId>")); err == nil && n != instances {
					err = fmt.Errorf("%d of %d instances are described", n, instances)
				}
				if err != nil && ctx.Err() == nil {
					failed <- err
					return
				}
				answers.Add(1)
			}
			failed <- nil
		}()
	}
	for range under {
		err = errors.Join(err, <-failed)
	}
	figure("api.describe_per_s", float64(answers.Load())/time.Since(began).Seconds(), "calls/s")
	return err
}

// signed is a request to EC2.
func (b *bench) signed(ctx context.Context, body []byte) (*http.Request, error) {
	o := b.api.Options()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, *o.BaseEndpoint, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	keys, err := o.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(body)
	return r, v4.NewSigner().SignHTTP(ctx, keys, r, hex.EncodeToString(hash[:]), "ec2", o.Region, time.Now())
}

// describe asks for instances, without bounds.
const describe = "Action=DescribeInstances&Version=2016-11-15"

// ask sends a request and returns the answer. It does not read what it says: the SDK's reading takes longer than the call.
func ask(r *http.Request, body []byte) ([]byte, error) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %w: %s", answer.Status, err, all[:min(len(all), 200)])
	}
	return all, nil
}

// measureStopped lists, filters and pages stopped instances, and tells how long the longest call took.
func (b *bench) measureStopped(ctx context.Context) error {
	for n := b.stopped; n > 0; n -= 50 {
		ids, err := b.launch(ctx, 50, b.subnet, b.group)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := b.await(ctx, id, types.InstanceStateNameRunning); err != nil {
				return err
			}
		}
		if _, err := b.api.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids, Force: new(true)}); err != nil {
			return err
		}
		for _, id := range ids {
			if err := b.await(ctx, id, types.InstanceStateNameStopped); err != nil {
				return err
			}
		}
	}
	var took []time.Duration
	for _, what := range []string{
		"", "&Filter.1.Name=instance-state-name&Filter.1.Value.1=stopped", "&Filter.1.Name=tag:Name&Filter.1.Value.1=none", "&MaxResults=100",
	} {
		for token := ""; ; {
			body := []byte(describe + what + token)
			r, err := b.signed(ctx, body)
			if err != nil {
				return err
			}
			began := time.Now()
			answer, err := ask(r, body)
			if err != nil {
				return err
			}
			took = append(took, time.Since(began))
			next := nextToken.FindSubmatch(answer)
			if next == nil {
				break
			}
			token = "&NextToken=" + url.QueryEscape(string(next[1]))
		}
	}
	figure("api.list_1000_ms", milliseconds(quantile(took, 1)), "ms")
	return nil
}

var nextToken = regexp.MustCompile(`<nextToken>([^<]+)</nextToken>`)
