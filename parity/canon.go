package parity

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// canon turns facts into canonical form. All ids are named first, so that what refers to them can be told by their meaning.
type canon struct {
	place
	f     *facts
	cidr  netip.Prefix
	zones []string          // those that the subnets are in; their order is what two regions share
	roles map[string]string // id or ARN -> the role of what it is
	names map[string]string // id or ARN -> "security group internal"
	out   Region
}

// canonical returns a region in canonical form. One without a VPC has no resources.
func canonical(p place, f *facts) Region {
	c := &canon{place: p, f: f, roles: map[string]string{}, names: map[string]string{}, out: Region{Name: p.Region, Side: p.side}}
	if f.vpc == nil {
		return c.out
	}
	if f.given == nil { // else nobody has declared it, and addresses stand for themselves
		c.cidr, _ = netip.ParsePrefix(aws.ToString(f.vpc.CidrBlock))
	}
	c.nameAll()
	c.positionZones()
	network := []func(){c.describeVPC, c.describeSubnets, c.describeGateways, c.describeTables, c.describeACLs, c.describeNATs, c.describeEndpoints}
	if p.given() {
		network = []func(){c.describeNetwork}
	}
	for _, describe := range append(network,
		c.describeGroups, c.describeInterfaces,
		c.describeImages, c.describeTemplates, c.describeInstances, c.describeTargetGroups, c.describeBalancers,
		c.describeFleets, c.describeAlarms, c.describeQuotas, c.describeParameters,
	) {
		describe()
	}
	if f.given != nil {
		c.out.Resources = withoutOthers(c.out.Resources)
	}
	return c.out
}

// positionZones orders the zones in use, those of named subnets before others. Letters are no guide: Tokyo gives new accounts
// the zones a, c and d (https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html).
func (c *canon) positionZones() {
	named := map[string]bool{}
	for _, s := range c.f.subnets {
		zone := aws.ToString(s.AvailabilityZone)
		named[zone] = named[zone] || c.roles[aws.ToString(s.SubnetId)] != unnamed
	}
	c.zones = slices.SortedFunc(maps.Keys(named), func(a, b string) int {
		return cmp.Or(cmp.Compare(number(!named[a]), number(!named[b])), cmp.Compare(a, b))
	})
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// zone is a zone's position among those in use.
func (c *canon) zone(name string) string {
	if n := slices.Index(c.zones, name); n >= 0 {
		return strconv.Itoa(n + 1)
	}
	return "another"
}

// add keeps a resource, and tells what tags it lacks that tie it to the stack.
func (c *canon) add(kind, id string, tags map[string]string, settings map[string]string, commands map[string]Command) *Resource {
	r := Resource{Kind: kind, Role: c.roles[id], ID: id, Settings: settings, Commands: commands, Passing: map[string]string{}}
	if r.Commands == nil {
		r.Commands = map[string]Command{}
	}
	c.tell(&r, tags)
	c.out.Resources = append(c.out.Resources, r)
	return &c.out.Resources[len(c.out.Resources)-1]
}

// tell writes down which tags of the stack a resource lacks, and where it was asked for, the tags that are others'.
func (c *canon) tell(r *Resource, tags map[string]string) {
	if c.stack() != "" && r.Role != unnamed && isPart(r.Kind, r.Role) && !r.Given && !c.usedAsIs(r.Kind) {
		lacks := lacking(c.stack(), r.Role, tags)
		r.Settings[settingTags] = "the stack's"
		if len(lacks) > 0 {
			r.Settings[settingTags] = "without " + strings.Join(said(lacks), " and ")
			r.Commands[settingTags] = Command{Heal: tagCommand(r.Kind, r.ID, lacks)}
		}
		r.tellDeclared(c.declared, tags)
	}
	if !c.tags {
		return
	}
	for k, v := range tags {
		if !strings.HasPrefix(k, "understudy:") && !strings.HasPrefix(k, "aws:") && k != "Name" {
			if _, told := r.Settings[settingTag+k]; told {
				continue
			}
			r.Settings[settingTag+k] = v
			r.Commands[settingTag+k] = Command{Make: tagCommand(r.Kind, r.ID, [][2]string{{k, v}}), Remove: untagCommand(r.Kind, r.ID, k)}
		}
	}
}

const settingTags = "tags"

// lacking returns the tags that tie a resource to its stack and that it does not have.
func lacking(stack, role string, tags map[string]string) (lacks [][2]string) {
	for _, t := range [][2]string{{account.TagStack, stack}, {account.TagRole, role}} {
		if tags[t[0]] != t[1] {
			lacks = append(lacks, t)
		}
	}
	return lacks
}

// settingTag begins a setting that is one tag.
const settingTag = "tag "

// tellDeclared writes down what a resource has of the tags that the declaration gives to everything.
func (r *Resource) tellDeclared(d *understudy.Declaration, tags map[string]string) {
	for k, v := range d.Tags {
		have, ok := tags[k]
		if !ok {
			have = None
		}
		r.Settings[settingTag+k] = have
		r.Commands[settingTag+k] = Command{Heal: tagCommand(r.Kind, r.ID, [][2]string{{k, v}})}
	}
}

func said(tags [][2]string) (texts []string) {
	for _, t := range tags {
		texts = append(texts, t[0]+"="+t[1])
	}
	return texts
}

func tagCommand(kind, id string, tags [][2]string) string {
	var pairs []string
	for _, t := range tags {
		pairs = append(pairs, shell("Key="+t[0]+",Value="+t[1]))
	}
	switch kind {
	case "target group", "load balancer", "listener":
		return "elbv2 add-tags --resource-arns " + id + " --tags " + strings.Join(pairs, " ")
	case "auto scaling group":
		for n, p := range pairs {
			pairs[n] = shell("ResourceId="+id+",ResourceType=auto-scaling-group,PropagateAtLaunch=true,") + p
		}
		return "autoscaling create-or-update-tags --tags " + strings.Join(pairs, " ")
	case kindAlarm:
		return "cloudwatch tag-resource --resource-arn " + id + " --tags " + strings.Join(pairs, " ")
	case "health check":
		return "route53 change-tags-for-resource --resource-type healthcheck --resource-id " + id + " --add-tags " + strings.Join(pairs, " ")
	}
	return "ec2 create-tags --resources " + id + " --tags " + strings.Join(pairs, " ")
}

func untagCommand(kind, id, key string) string {
	switch kind {
	case "target group", "load balancer", "listener":
		return "elbv2 remove-tags --resource-arns " + id + " --tag-keys " + shell(key)
	case "auto scaling group":
		return "autoscaling delete-tags --tags " + shell("ResourceId="+id+",ResourceType=auto-scaling-group,Key="+key)
	case kindAlarm:
		return "cloudwatch untag-resource --resource-arn " + id + " --tag-keys " + shell(key)
	case "health check":
		return "route53 change-tags-for-resource --resource-type healthcheck --resource-id " + id + " --remove-tag-keys " + shell(key)
	}
	return "ec2 delete-tags --resources " + id + " --tags " + shell("Key="+key)
}

// shell quotes a word for a POSIX shell where it needs it.
func shell(word string) string {
	if plainWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// meaning replaces an id by what it stands for.
func (c *canon) meaning(id string) string {
	if name, ok := c.names[id]; ok {
		return name
	}
	if id == "" {
		return None
	}
	return "unknown " + strings.SplitN(id, "-", 2)[0]
}

func (c *canon) meanings(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = c.meaning(strings.TrimSpace(id))
	}
	return list(names)
}

// share expresses a prefix as its place in the VPC's range: "+0.0.1.0/24".
func (c *canon) share(cidr string) string {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !c.cidr.IsValid() || !c.cidr.Overlaps(p) || p.Bits() < c.cidr.Bits() {
		return cidr
	}
	if p == c.cidr {
		return "the vpc's range"
	}
	a, base := p.Addr().As4(), c.cidr.Addr().As4()
	for i := range a {
		a[i] -= base[i] // base is all zeros where a differs from it, so no borrow
	}
	return fmt.Sprintf("+%s/%d", netip.AddrFrom4(a), p.Bits())
}

// list joins names in a stable order.
func list(names []string) string {
	if len(names) == 0 {
		return None
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func yes(b *bool) string { return strconv.FormatBool(aws.ToBool(b)) }

func count(n *int32) string {
	if n == nil {
		return None
	}
	return itoa(int(*n))
}

func itoa(n int) string { return strconv.Itoa(n) }

// digest stands for a text that is too long to show, or secret.
func digest(text string) string {
	if text == "" {
		return None
	}
	sum := sha256.Sum256([]byte(text))
	return "sha256 " + hex.EncodeToString(sum[:8])
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func ids(groups []ec2types.GroupIdentifier) []string {
	var all []string
	for _, g := range groups {
		all = append(all, aws.ToString(g.GroupId))
	}
	return all
}
