//go:build linux

package cloud_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/understudy/understudy/internal/chance"
	"golang.org/x/sys/unix"
)

// How the region is killed, and by how many clients it is asked meanwhile.
const (
	killsOfEach = 100
	clientsEach = 4
)

// TestWhatKilledRegionsAnswerIsLinearizable kills both regions again and again while eight clients change and read the same
// things, and looks for an order of all calls that explains each answer.
func TestWhatKilledRegionsAnswerIsLinearizable(t *testing.T) {
	t.Parallel()
	seed := chance.Seed(t)
	h := startHost(t, filepath.Join(t.TempDir(), "cloud"))
	var all sync.WaitGroup
	for n, region := range h.Regions {
		all.Go(func() {
			s := newScene(t, h, region, rand.New(rand.NewPCG(seed, uint64(n))))
			for round := range killsOfEach {
				if !s.act(round) {
					return
				}
			}
			s.told.check(t)
			t.Logf("%s: killed %d times; %d calls, of which %d were answered", region, killsOfEach, len(s.told.calls), s.told.ended)
		})
	}
	all.Wait()
}

// scene is a region with what its clients change.
type scene struct {
	t      *testing.T
	host   *host
	region string
	random *rand.Rand
	told   *history

	vpc, acl, group string
}

func newScene(t *testing.T, h *host, region string, random *rand.Rand) *scene {
	s := &scene{t: t, host: h, region: region, random: random, told: &history{began: time.Now()}}
	c := h.ec2(region)
	vpc, err := c.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	s.vpc = *vpc.Vpc.VpcId
	acl, err := c.CreateNetworkAcl(t.Context(), &ec2.CreateNetworkAclInput{VpcId: &s.vpc})
	if err != nil {
		t.Fatal(err)
	}
	s.acl = *acl.NetworkAcl.NetworkAclId
	group, err := c.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{GroupName: aws.String("g"), Description: aws.String("d"), VpcId: &s.vpc})
	if err != nil {
		t.Fatal(err)
	}
	s.group = *group.GroupId
	return s
}

// kinds are what clients change. Each round has its own things, so that calls without an answer do not add up.
var kinds = []struct {
	name  string
	verbs []verb
	ask   func(*scene, call, int) (string, error)
}{
	{"tag", []verb{write, erase, read}, (*scene).tag},
	{"rule", []verb{create, remove, read}, (*scene).rule},
	{"entry", []verb{create, replace, remove, read}, (*scene).entry},
	{"key", []verb{create, erase, read}, (*scene).keyPair},
}

// act has the clients ask until one more kill at a random moment, starts the region again and reads what there is.
func (s *scene) act(round int) bool {
	var clients sync.WaitGroup
	quota := s.random.IntN(8)
	began := make(chan struct{}, clientsEach)
	for n := range clientsEach {
		random := rand.New(rand.NewPCG(s.random.Uint64(), uint64(n)))
		clients.Go(func() {
			for asked := 0; ; asked++ {
				if asked == quota {
					began <- struct{}{}
				}
				if s.ask(n, round, random) == unknown {
					if asked < quota {
						began <- struct{}{}
					}
					return
				}
			}
		})
	}
	for range clientsEach {
		<-began
	}
	ok := s.kill()
	clients.Wait()
	return ok && s.restart() && s.readAndClear(round)
}

// ask makes one random call.
func (s *scene) ask(client, round int, random *rand.Rand) string {
	kind := random.IntN(len(kinds))
	verbs := kinds[kind].verbs
	c := call{s.thing(kind, round), verbs[random.IntN(len(verbs))], strconv.Itoa(1 + random.IntN(5))}
	return s.record(client, kind, round, c)
}

func (s *scene) thing(kind, round int) string {
	return fmt.Sprintf("%s's %s %d", s.region, kinds[kind].name, round)
}

func (s *scene) record(client, kind, round int, c call) string {
	return s.told.record(client, c, func() string {
		value, err := kinds[kind].ask(s, c, round)
		return s.answer(c, value, err)
	})
}

// answer is what a call's outcome means.
func (s *scene) answer(c call, value string, err error) string {
	var refused smithy.APIError
	switch {
	case err == nil && c.verb == read:
		return value
	case err == nil:
		return done
	case errors.As(err, &refused):
		switch refused.ErrorCode() {
		case "InvalidPermission.Duplicate", "NetworkAclEntryAlreadyExists", "InvalidKeyPair.Duplicate":
			return exists
		case "InvalidPermission.NotFound", "InvalidNetworkAclEntry.NotFound":
			return missing
		case "InvalidKeyPair.NotFound":
			return nothing
		case "ServiceUnavailable":
			return unknown
		}
	}
	if s.t.Context().Err() == nil && errors.As(err, &refused) {
		s.t.Errorf("%s %s: %v", c.verb, c.thing, err)
	}
	return unknown
}

// kill kills the region's process, and returns when that is known. A killed process may live for a while, and answer.
func (s *scene) kill() bool {
	pid, err := s.host.process(s.t.Context(), s.region)
	if err == nil && pid == 0 {
		err = fmt.Errorf("%s does not run", s.region)
	}
	if err == nil {
		err = unix.Kill(pid, unix.SIGKILL)
	}
	for now := pid; err == nil && now == pid; { // the question waits itself
		now, err = s.host.process(s.t.Context(), s.region)
	}
	if err != nil {
		s.t.Error(err)
	}
	return err == nil
}

func (s *scene) restart() bool {
	err := s.host.StartRegion(s.t.Context(), s.region)
	if err != nil {
		s.t.Error(err)
	}
	return err == nil
}

// readAndClear reads what the round has left, and removes it.
func (s *scene) readAndClear(round int) bool {
	for kind := range kinds {
		thing, last := s.thing(kind, round), kinds[kind].verbs[len(kinds[kind].verbs)-2]
		for _, v := range []verb{read, last, read} {
			if s.record(clientsEach, kind, round, call{thing, v, ""}) == unknown {
				s.t.Errorf("%s %s: a region that was started again gave no answer", v, thing)
				return false
			}
		}
	}
	return !s.t.Failed()
}

// tag is of the VPC.
func (s *scene) tag(c call, round int) (string, error) {
	key, api, ctx := fmt.Sprint("round-", round), s.host.ec2(s.region), s.t.Context()
	switch c.verb {
	case write:
		_, err := api.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{s.vpc}, Tags: []ec2types.Tag{{Key: &key, Value: &c.value}}})
		return done, err
	case erase:
		_, err := api.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{s.vpc}, Tags: []ec2types.Tag{{Key: &key}}})
		return done, err
	}
	out, err := api.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: []ec2types.Filter{
		{Name: aws.String("resource-id"), Values: []string{s.vpc}}, {Name: aws.String("key"), Values: []string{key}}}})
	if err != nil || len(out.Tags) == 0 {
		return nothing, err
	}
	return *out.Tags[0].Value, nil
}

// rule is one of the group. It has no value but to be there.
func (s *scene) rule(c call, round int) (string, error) {
	api, ctx, port := s.host.ec2(s.region), s.t.Context(), aws.Int32(int32(1000+round))
	permission := []ec2types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: port, ToPort: port,
		IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0"), Description: &c.value}}}}
	switch c.verb {
	case create:
		_, err := api.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: permission})
		return done, err
	case remove:
		permission[0].IpRanges[0].Description = nil
		_, err := api.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &s.group, IpPermissions: permission})
		return done, err
	}
	out, err := api.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{s.group}})
	if err != nil {
		return nothing, err
	}
	for _, p := range out.SecurityGroups[0].IpPermissions {
		if *p.FromPort == *port {
			return *p.IpRanges[0].Description, nil
		}
	}
	return nothing, nil
}

// entry is one of the network ACL; its value is its port.
func (s *scene) entry(c call, round int) (string, error) {
	api, ctx, number := s.host.ec2(s.region), s.t.Context(), aws.Int32(int32(1+round))
	value, _ := strconv.Atoi(c.value)
	ports := &ec2types.PortRange{From: aws.Int32(int32(value)), To: aws.Int32(int32(value))}
	switch c.verb {
	case create:
		_, err := api.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{NetworkAclId: &s.acl, RuleNumber: number, Egress: aws.Bool(false),
			Protocol: aws.String("6"), PortRange: ports, CidrBlock: aws.String("10.9.0.0/16"), RuleAction: ec2types.RuleActionAllow})
		return done, err
	case replace:
		_, err := api.ReplaceNetworkAclEntry(ctx, &ec2.ReplaceNetworkAclEntryInput{NetworkAclId: &s.acl, RuleNumber: number, Egress: aws.Bool(false),
			Protocol: aws.String("6"), PortRange: ports, CidrBlock: aws.String("10.9.0.0/16"), RuleAction: ec2types.RuleActionAllow})
		return done, err
	case remove:
		_, err := api.DeleteNetworkAclEntry(ctx, &ec2.DeleteNetworkAclEntryInput{NetworkAclId: &s.acl, RuleNumber: number, Egress: aws.Bool(false)})
		return done, err
	}
	out, err := api.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{NetworkAclIds: []string{s.acl}})
	if err != nil {
		return nothing, err
	}
	for _, e := range out.NetworkAcls[0].Entries {
		if *e.RuleNumber == *number && !*e.Egress {
			return strconv.Itoa(int(*e.PortRange.From)), nil
		}
	}
	return nothing, nil
}

// keyPair has its id for its value, which AWS chooses: here, whether it is there.
func (s *scene) keyPair(c call, round int) (string, error) {
	name, api, ctx := fmt.Sprint("round-", round), s.host.ec2(s.region), s.t.Context()
	switch c.verb {
	case create:
		_, err := api.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: &name, KeyType: ec2types.KeyTypeEd25519,
			TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeKeyPair,
				Tags: []ec2types.Tag{{Key: aws.String("value"), Value: &c.value}}}}})
		return done, err
	case erase:
		_, err := api.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: &name})
		return done, err
	}
	out, err := api.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsInput{KeyNames: []string{name}})
	if err != nil || len(out.KeyPairs) == 0 {
		return nothing, err
	}
	if len(out.KeyPairs[0].Tags) == 0 {
		return "without its tag", nil // which no order of calls explains
	}
	return *out.KeyPairs[0].Tags[0].Value, nil
}
