package doctor

import (
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/understudy/understudy"
)

// well is a world in which nothing is to be found, except what nobody can know.
func well() facts {
	one := func(name string) region {
		return region{
			name:      name,
			zones:     fact[[]string]{value: []string{name + "a", name + "b", name + "c"}},
			offered:   fact[[]string]{value: []string{name + "b", name + "a"}},
			kind:      fact[kind]{value: kind{true, []string{"x86_64"}, 2}},
			image:     fact[*base]{value: &base{"ami-1", "al2023", "x86_64", 8}},
			keyPair:   fact[bool]{value: true},
			balancing: fact[[]quota]{value: []quota{{"application load balancers", 3, 50}}},
			scaling:   fact[[]quota]{value: []quota{{"Auto Scaling groups", 3, 500}}},
			limits: fact[map[string]int]{value: map[string]int{
				"L-1216C47A": 64, codeVPCs: 5, codeGateways: 5, codeElastics: 5, codeNATs: 5, codeEndpoints: 20, codeAlarms: 5000,
			}},
			networks: fact[networks]{value: networks{1, 1}},
			running:  fact[running]{value: running{all: 8}},
			tried:    []trial{{"ec2:CreateVpc", coded("DryRunOperation")}},
		}
	}
	return facts{
		regions: map[understudy.Side]region{understudy.Primary: one("eu-west-1"), understudy.Secondary: one("eu-central-1")},
		world: world{
			quotas: fact[[]quota]{value: []quota{{healthChecks, 10, 200}, {hostedZonesQuota, 10, 500}}},
			zones:  fact[[]hosted]{value: []hosted{{"Z1", []string{"ns-1.test", "ns-2.test"}}}},
			parent: &fact[[]string]{value: []string{"NS-2.test.", "ns-1.test."}},
		},
	}
}

// nat declares a NAT gateway in each zone.
func nat(d *understudy.Declaration) {
	for side, r := range d.Regions {
		r.Egress = understudy.EgressNATPerZone
		d.Regions[side] = r
	}
}

// endpoints declares a way out by VPC endpoints.
func endpoints(d *understudy.Declaration) {
	for side, r := range d.Regions {
		r.Egress = understudy.EgressEndpoints
		d.Regions[side] = r
	}
}

// alarmed declares an alarm in each region, and a fleet that follows a target, for which Auto Scaling has two.
func alarmed(d *understudy.Declaration) {
	d.Alarms.On = []understudy.Alarm{{Kind: "errors", Period: 60, Periods: 3}}
	d.Fleet.Track.CPU = 50
}

func coded(code string) error { return &smithy.GenericAPIError{Code: code, Message: "as AWS says it"} }

// judged is one case: what differs from a world that is well, and a finding that this must lead to.
type judged struct {
	name     string
	facts    func(*facts)
	declared func(*understudy.Declaration)
	rto      time.Duration

	check    string
	severity Severity
	side     understudy.Side
	says     string // in what it is, or in how it is healed
}

func secondary(f *facts, change func(*region)) { at(f, understudy.Secondary, change) }
func primary(f *facts, change func(*region))   { at(f, understudy.Primary, change) }

func at(f *facts, side understudy.Side, change func(*region)) {
	r := f.regions[side]
	change(&r)
	f.regions[side] = r
}

func (j judged) run(t *testing.T) {
	t.Helper()
	d, f := declared(), well()
	if j.declared != nil {
		j.declared(d)
	}
	if j.facts != nil {
		j.facts(&f)
	}
	all := judge(d, f, Options{RTO: j.rto})
	found := 0
	for _, one := range all {
		if one.Why == "" || one.What == "" {
			t.Errorf("says not what or why: %+v", one)
		}
		if one.Check == j.check && one.Severity == j.severity && one.Side == cmp.Or(j.side, understudy.Global) && strings.Contains(one.What+"\n"+one.Heal, j.says) {
			found++
		} else if one.Severity != Unchecked && one.Severity != Note {
			t.Errorf("also: %+v", one)
		}
	}
	if found != 1 {
		t.Errorf("%d findings, want one %s %s of the %s with %q in:\n%+v", found, j.check, j.severity, j.side, j.says, all)
	}
}

func TestNothingIsFoundWhereAllIsWell(t *testing.T) {
	for _, f := range judge(declared(), well(), Options{}) {
		switch {
		case f.Check == CheckDowntime && f.Severity == Note:
		case f.Severity == Unchecked && f.Check == CheckPermission:
		default:
			t.Errorf("%+v", f)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, j := range []judged{
		{name: "silent region", facts: func(f *facts) {
			secondary(f, func(r *region) { *r = region{silent: errors.New("eu-central-1 does not answer")} })
		},
			check: CheckAnswer, severity: Blocker, side: understudy.Secondary, says: "does not answer"},
		{name: "one zone", facts: func(f *facts) { secondary(f, func(r *region) { r.zones.value = r.zones.value[:1] }) },
			check: CheckZones, severity: Blocker, side: understudy.Secondary, says: "has 1 usable"},
		{name: "two of three zones", declared: func(d *understudy.Declaration) { d.Zones = 3 }, facts: func(f *facts) {
			primary(f, func(r *region) { r.offered.value = r.zones.value })
			secondary(f, func(r *region) { r.zones.value = r.zones.value[:2] })
		}, check: CheckZones, severity: Blocker, side: understudy.Secondary, says: "has 2 usable availability zones, and 3 are needed"},
		{name: "zones not read", facts: func(f *facts) { primary(f, func(r *region) { r.zones = fact[[]string]{err: errors.New("cut off")} }) },
			check: CheckZones, severity: Unchecked, side: understudy.Primary, says: "cut off"},
		{name: "zones refused", facts: func(f *facts) {
			primary(f, func(r *region) { r.zones = fact[[]string]{err: coded("UnauthorizedOperation")} })
		},
			check: CheckPermission, severity: Blocker, side: understudy.Primary, says: "ec2:DescribeAvailabilityZones"},
		{name: "type in one of two zones", facts: func(f *facts) {
			secondary(f, func(r *region) { r.offered.value = []string{"eu-central-1b", "eu-central-1c"} })
		},
			check: CheckType, severity: Blocker, side: understudy.Secondary, says: "not offered in eu-central-1a"},
		{name: "type nowhere", facts: func(f *facts) { primary(f, func(r *region) { r.offered.value, r.kind.value = nil, kind{} }) },
			check: CheckType, severity: Blocker, side: understudy.Primary, says: "not offered in eu-west-1a and eu-west-1b"},
		{name: "other architecture", facts: func(f *facts) { primary(f, func(r *region) { r.image.value.architecture = "arm64" }) },
			check: CheckType, severity: Blocker, side: understudy.Primary, says: "is for arm64"},
		{name: "no image in the primary", facts: func(f *facts) { primary(f, func(r *region) { r.image.value = nil }) },
			check: CheckImage, severity: Blocker, side: understudy.Primary, says: "no image of amazon named"},
		{name: "no image in the secondary", facts: func(f *facts) { secondary(f, func(r *region) { r.image.value = nil }) },
			check: CheckImage, severity: Warning, side: understudy.Secondary, says: "copy-image"},
	} {
		t.Run(j.name, j.run)
	}
}

func TestQuotas(t *testing.T) {
	for _, j := range []judged{
		{name: "full", facts: func(f *facts) { secondary(f, func(r *region) { r.balancing.value[0].used = 50 }) },
			check: CheckQuota, severity: Blocker, side: understudy.Secondary, says: "50 of 50 application load balancers are used, and 1 more"},
		{name: "full and built", facts: func(f *facts) {
			secondary(f, func(r *region) { r.balancing.value[0].used, r.built.value = 50, true })
		}, check: CheckQuota, severity: Note, side: understudy.Secondary, says: "50 of 50"},
		{name: "nearly full", facts: func(f *facts) { primary(f, func(r *region) { r.scaling.value[0].used = 460 }) },
			check: CheckQuota, severity: Note, side: understudy.Primary, says: "460 of 500 Auto Scaling groups"},
		{name: "not answered", facts: func(f *facts) {
			primary(f, func(r *region) { r.balancing = fact[[]quota]{err: coded("UnsupportedOperation")} })
		},
			check: CheckQuota, severity: Unchecked, side: understudy.Primary, says: "elasticloadbalancing:DescribeAccountLimits is not answered"},
		{name: "may not ask", facts: func(f *facts) {
			primary(f, func(r *region) { r.limits = fact[map[string]int]{err: coded("AccessDeniedException")} })
		}, check: CheckQuota, severity: Unchecked, side: understudy.Primary, says: "may not call servicequotas:GetServiceQuota"},
		{name: "no quota", facts: func(f *facts) { primary(f, func(r *region) { delete(r.limits.value, codeVPCs) }) },
			check: CheckQuota, severity: Unchecked, side: understudy.Primary, says: "does not know the quota L-F678F1CE of VPCs"},
		{name: "VPCs", facts: func(f *facts) { secondary(f, func(r *region) { r.networks.value.vpcs = 5 }) },
			check: CheckQuota, severity: Blocker, side: understudy.Secondary, says: "--service-code vpc --quota-code L-F678F1CE --desired-value 7"},
		{name: "VPCs and built", facts: func(f *facts) {
			secondary(f, func(r *region) { r.networks.value.vpcs, r.built.value = 5, true })
		}, check: CheckQuota, severity: Note, side: understudy.Secondary, says: "5 of 5 VPCs are used"},
		{name: "internet gateways", facts: func(f *facts) { primary(f, func(r *region) { r.networks.value.gateways = 5 }) },
			check: CheckQuota, severity: Blocker, side: understudy.Primary, says: "5 of 5 internet gateways are used, and 1 more"},
		{name: "addresses of NAT gateways", facts: func(f *facts) { primary(f, func(r *region) { r.elastics.value = counted{all: 4} }) }, declared: nat,
			check: CheckQuota, severity: Blocker, side: understudy.Primary, says: "4 of 5 Elastic IP addresses are used, and 2 more"},
		{name: "addresses that are the stack's", facts: func(f *facts) { primary(f, func(r *region) { r.elastics.value = counted{all: 5, own: 2} }) }, declared: nat,
			check: CheckQuota, severity: Note, side: understudy.Primary, says: "5 of 5 Elastic IP addresses are used"},
		{name: "NAT gateways of a zone", facts: func(f *facts) {
			primary(f, func(r *region) { r.nats.value = map[string]counted{"eu-west-1a": {all: 3}, "eu-west-1b": {all: 5}} })
		}, declared: nat, check: CheckQuota, severity: Blocker, side: understudy.Primary, says: "5 of 5 NAT gateways of eu-west-1b are used, and 1 more"},
		{name: "NAT gateways of a zone that has the stack's", facts: func(f *facts) {
			primary(f, func(r *region) { r.nats.value = map[string]counted{"eu-west-1b": {all: 5, own: 1}} })
		}, declared: nat, check: CheckQuota, severity: Note, side: understudy.Primary, says: "5 of 5 NAT gateways of eu-west-1b are used"},
		{name: "NAT gateways not read", facts: func(f *facts) {
			primary(f, func(r *region) { r.nats = fact[map[string]counted]{err: coded("UnsupportedOperation")} })
		}, declared: nat, check: CheckQuota, severity: Unchecked, side: understudy.Primary, says: "ec2:DescribeNatGateways"},
		{name: "gateway endpoints", facts: func(f *facts) { secondary(f, func(r *region) { r.endpoints.value = counted{all: 20} }) }, declared: endpoints,
			check: CheckQuota, severity: Blocker, side: understudy.Secondary, says: "20 of 20 gateway VPC endpoints are used, and 1 more"},
		{name: "alarms", facts: func(f *facts) { secondary(f, func(r *region) { r.alarms.value = counted{all: 4998} }) }, declared: alarmed,
			check: CheckQuota, severity: Blocker, side: understudy.Secondary, says: "4998 of 5000 CloudWatch alarms are used, and 3 more"},
		{name: "alarms that are the stack's",
			facts: func(f *facts) { secondary(f, func(r *region) { r.alarms.value = counted{all: 5000, own: 3} }) }, declared: alarmed,
			check: CheckQuota, severity: Note, side: understudy.Secondary, says: "5000 of 5000 CloudWatch alarms are used"},
		{name: "a quota of alarms that nobody tells", facts: func(f *facts) { primary(f, func(r *region) { delete(r.limits.value, codeAlarms) }) }, declared: alarmed,
			check: CheckQuota, severity: Unchecked, side: understudy.Primary,
			says: "does not know the quota L-2FF78D7B of CloudWatch alarms; 0 are used, and 3 more are needed"},
		{name: "target groups", facts: func(f *facts) {
			primary(f, func(r *region) { r.balancing.value = append(r.balancing.value, quota{groupsQuota, 2998, 3000}) })
		}, declared: func(d *understudy.Declaration) { d.Groups = make([]understudy.TargetGroup, 2) },
			check: CheckQuota, severity: Blocker, side: understudy.Primary, says: "2998 of 3000 target groups are used, and 3 more"},
		{name: "topics", declared: func(d *understudy.Declaration) {
			d.Alarms.Notify = map[understudy.Side][]string{understudy.Secondary: {"arn:aws:sns:eu-central-1:111122223333:page"}}
		}, check: CheckTopic, severity: Unchecked, side: understudy.Secondary,
			says: "arn:aws:sns:eu-central-1:111122223333:page\naws sns get-topic-attributes --region eu-central-1"},
		{name: "vCPUs to begin with", facts: func(f *facts) { primary(f, func(r *region) { r.running.value.all = 58 }) },
			check: CheckQuota, severity: Blocker, side: understudy.Primary,
			says: "58 of 64 vCPUs of running standard (A, C, D, H, I, M, R, T, Z) instances are used, and 8 more"},
		{name: "vCPUs to grow", facts: func(f *facts) { secondary(f, func(r *region) { r.running.value.all = 54 }) },
			check: CheckQuota, severity: Warning, side: understudy.Secondary, says: "and 12 more are needed by a fleet of 4"},
		{name: "vCPUs of its own", facts: func(f *facts) {
			secondary(f, func(r *region) { r.running.value, r.built.value = running{60, 12}, true })
		}, check: CheckQuota, severity: Note, side: understudy.Secondary, says: "60 of 64 vCPUs"},
		{name: "vCPUs of its own in another network", facts: func(f *facts) {
			secondary(f, func(r *region) { r.running.value = running{60, 12} })
		}, check: CheckQuota, severity: Blocker, side: understudy.Secondary, says: "and 8 more"},
		{name: "health checks", facts: func(f *facts) { f.world.quotas.value[0].used = 197 },
			check: CheckQuota, severity: Blocker, says: "197 of 200 health checks are used, and 4 more"},
		{name: "health checks of another network", facts: func(f *facts) {
			f.world.quotas.value[0].used = 199
			primary(f, func(r *region) { r.built.value = true })
		}, check: CheckQuota, severity: Blocker, says: "199 of 200 health checks are used, and 2 more"},
		{name: "health checks without a switch", facts: func(f *facts) { f.world.quotas.value[0].used = 197 },
			declared: func(d *understudy.Declaration) {
				d.Failover.Switch = understudy.SwitchNone
				d.Regions[understudy.Primary] = understudy.Region{Name: "eu-west-1"}
			},
			check: CheckControlPlane, severity: Warning, says: "in us-east-1"},
	} {
		t.Run(j.name, j.run)
	}
}

func TestPermissions(t *testing.T) {
	for _, j := range []judged{
		{name: "refused", facts: func(f *facts) { primary(f, func(r *region) { r.tried[0].err = coded("UnauthorizedOperation") }) },
			check: CheckPermission, severity: Blocker, side: understudy.Primary, says: "ec2:CreateVpc"},
		{name: "refused to launch nowhere", facts: func(f *facts) {
			primary(f, func(r *region) { r.tried[0] = trial{launch, coded("UnauthorizedOperation")} })
		},
			check: CheckPermission, severity: Unchecked, side: understudy.Primary, says: "ec2:RunInstances (refused without a subnet"},
		{name: "not told", facts: func(f *facts) { primary(f, func(r *region) { r.tried[0].err = coded("VpcLimitExceeded") }) },
			check: CheckPermission, severity: Unchecked, side: understudy.Primary, says: "ec2:CreateVpc (VpcLimitExceeded)"},
		{name: "carried out", facts: func(f *facts) { secondary(f, func(r *region) { r.tried[0].err = nil }) },
			check: CheckPermission, severity: Warning, side: understudy.Secondary, says: "was carried out"},
	} {
		t.Run(j.name, j.run)
	}
}

func TestKeys(t *testing.T) {
	const own = "arn:aws:kms:eu-central-1:123456789012:key/1"
	for _, j := range []judged{
		{name: "AWS's keys", facts: func(f *facts) {
			primary(f, func(r *region) { r.encrypts.value, r.key.value = true, "alias/aws/ebs" })
		}, check: CheckEncryption, severity: Note, says: "eu-west-1 encrypts new volumes by default, and eu-central-1 does not"},
		{name: "a customer's in the secondary", facts: func(f *facts) {
			secondary(f, func(r *region) { r.encrypts.value, r.key.value = true, own })
		}, check: CheckEncryption, severity: Warning, side: understudy.Secondary, says: own},
		{name: "not answered", facts: func(f *facts) { primary(f, func(r *region) { r.encrypts.err = coded("UnsupportedOperation") }) },
			check: CheckEncryption, severity: Unchecked, side: understudy.Primary, says: "ec2:GetEbsEncryptionByDefault"},
	} {
		t.Run(j.name, j.run)
	}
	f := well()
	primary(&f, func(r *region) { r.encrypts.value, r.key.value = true, "arn:aws:kms:eu-west-1:123456789012:key/1" })
	found := judgeKeys(f)
	if len(found) != 2 || found[0].Side != understudy.Primary || found[1].Side != understudy.Secondary ||
		!strings.Contains(found[1].Heal, "modify-ebs-default-kms-key-id") {
		t.Errorf("a customer's key in the primary alone: %+v", found)
	}
}

func TestNames(t *testing.T) {
	with := func(r record) func(*facts) { return func(f *facts) { f.world.records.value = []record{r} } }
	delegated := func(to ...string) func(*facts) { return func(f *facts) { f.world.parent.value = to } }
	for _, j := range []judged{
		{name: "CNAME", facts: with(record{kind: "CNAME"}), check: CheckName, severity: Blocker, says: "www.shop.test has a record of type CNAME"},
		{name: "foreign A", facts: with(record{kind: "A"}), check: CheckName, severity: Blocker, says: "not this stack's"},
		{name: "AAAA", facts: with(record{kind: "AAAA"}), check: CheckName, severity: Warning, says: "type AAAA"},
		{name: "handed over", facts: with(record{kind: "NS"}), check: CheckName, severity: Blocker, says: "type NS"},
		{name: "other pair", facts: with(record{"A", "mine", true}), check: CheckName, severity: Warning, says: `"mine"`},
		{name: "own", facts: with(record{"A", "understudy-shop-primary", true}), check: CheckDowntime, severity: Note},
		{name: "own by weight or latency", facts: with(record{"A", "understudy-shop-secondary", false}), check: CheckDowntime, severity: Note},
		{name: "records not read", facts: func(f *facts) { f.world.records.err = errors.New("cut off") }, check: CheckName, severity: Unchecked, says: "cut off"},
		{name: "no zone", facts: func(f *facts) { f.world.zones.value = nil }, check: CheckDelegation, severity: Warning, says: "no hosted zone shop.test"},
		{name: "nobody asked", facts: func(f *facts) { f.world.parent = nil }, check: CheckDelegation, severity: Unchecked, says: "nobody was asked"},
		{name: "resolver fails", facts: func(f *facts) { f.world.parent.err = errors.New("timed out") },
			check: CheckDelegation, severity: Unchecked, says: "timed out"},
		{name: "to nobody", facts: delegated(), check: CheckDelegation, severity: Blocker, says: "delegated to nobody"},
		{name: "elsewhere", facts: delegated("ns.other.test"), check: CheckDelegation, severity: Blocker, says: "not its zone's name servers"},
		{name: "one of two", facts: delegated("ns-1.test", "ns.other.test"), check: CheckDelegation, severity: Warning, says: "ns.other.test"},
		{name: "two zones", facts: func(f *facts) { f.world.zones.value = append(f.world.zones.value, hosted{"Z2", []string{"ns-9.test"}}) },
			check: CheckDelegation, severity: Warning, says: "to Z1 alone"},
	} {
		t.Run(j.name, j.run)
	}
}

func TestDowntime(t *testing.T) {
	slow := func(d *understudy.Declaration) { d.Failover.Interval = 30 }
	for _, j := range []judged{
		{name: "kept", rto: 2 * time.Minute, check: CheckDowntime, severity: Note, says: "2m0s is asked for"},
		{name: "threshold", rto: 90 * time.Second, check: CheckDowntime, severity: Blocker, says: "{interval: 10, threshold: 1} needs at most 1m23s"},
		{name: "interval", rto: 2 * time.Minute, declared: slow,
			check: CheckDowntime, severity: Blocker, says: "{interval: 10, threshold: 3} needs at most 1m55s"},
		{name: "declared", declared: func(d *understudy.Declaration) { d.Failover.RTO = 90 * time.Second },
			check: CheckDowntime, severity: Blocker, says: "no more than 1m30s is asked for"},
		{name: "never", rto: time.Minute, check: CheckDowntime, severity: Blocker, says: "no setting keeps it"},
	} {
		t.Run(j.name, j.run)
	}
}

func TestHealth(t *testing.T) {
	for _, j := range []judged{
		{name: "matcher", declared: func(d *understudy.Declaration) { d.Target.Matcher = "200-299,404" },
			check: CheckHealth, severity: Warning, says: "accepts 404"},
		{name: "range", declared: func(d *understudy.Declaration) { d.Target.Matcher = "200-499" },
			check: CheckHealth, severity: Warning, says: "accepts 400-499"},
		{name: "patient", declared: func(d *understudy.Declaration) { d.Target.Timeout = 4 }, check: CheckHealth, severity: Warning, says: "waits 4 s"},
		{name: "slower than Route 53", declared: func(d *understudy.Declaration) { d.Target.Unhealthy = 7 },
			check: CheckHealth, severity: Warning, says: "up to 37 s"},
	} {
		t.Run(j.name, j.run)
	}
}

func TestStandby(t *testing.T) {
	is := func(g group) func(*facts) {
		return func(f *facts) { secondary(f, func(r *region) { r.group.value = &g }) }
	}
	sized := func(s understudy.Size) func(*understudy.Declaration) {
		return func(d *understudy.Declaration) {
			second := d.Regions[understudy.Secondary]
			second.Fleet = &s
			d.Regions[understudy.Secondary] = second
		}
	}
	dark, half := sized(understudy.Size{Max: 4}), sized(understudy.Size{Min: 1, Desired: 1, Max: 4})
	for _, j := range []judged{
		{name: "empty", facts: is(group{max: 4}), check: CheckStandby, severity: Blocker, side: understudy.Secondary, says: "no instance"},
		{name: "none in service", facts: is(group{min: 2, desired: 2, max: 4}), check: CheckStandby, severity: Warning, side: understudy.Secondary,
			says: "2 instances"},
		{name: "may be empty", facts: is(group{desired: 2, inService: 2, max: 4}), check: CheckStandby, severity: Warning, side: understudy.Secondary,
			says: "least size is 0"},
		{name: "a pilot light", declared: dark, facts: is(group{max: 4}), check: CheckStandby, severity: Warning, side: understudy.Secondary,
			says: "0 of the 2 instances that the primary begins with, 0 %"},
		{name: "half of it", declared: half, facts: is(group{min: 1, desired: 1, inService: 1, max: 4}), check: CheckStandby, severity: Note,
			side: understudy.Secondary, says: "1 of the 2 instances that the primary begins with, 50 %"},
		{name: "one of its own", declared: half, facts: is(group{min: 1, desired: 1, inService: 1, max: 4}), check: CheckStandby, severity: Note,
			side: understudy.Secondary, says: "regions.secondary.fleet: {min: 2}"},
		{name: "one", declared: func(d *understudy.Declaration) { d.Fleet.Min = 1 },
			check: CheckStandby, severity: Note, side: understudy.Secondary, says: "fleet.min is 1"},
	} {
		t.Run(j.name, j.run)
	}
}

func TestControlPlanes(t *testing.T) {
	virginia := func(d *understudy.Declaration) { d.Regions[understudy.Primary] = understudy.Region{Name: "us-east-1"} }
	for _, j := range []judged{
		{name: "us-east-1", declared: virginia, check: CheckControlPlane, severity: Note, says: "no record or health check can be changed"},
		{name: "no switch", declared: func(d *understudy.Declaration) { d.Failover.Switch = understudy.SwitchNone },
			check: CheckControlPlane, severity: Warning, says: "by hand"},
		{name: "neither", declared: func(d *understudy.Declaration) { virginia(d); d.Failover.Switch = understudy.SwitchNone },
			check: CheckControlPlane, severity: Warning, says: "the primary"},
	} {
		t.Run(j.name, j.run)
	}
}

func TestWorstIsFirst(t *testing.T) {
	f := well()
	primary(&f, func(r *region) { r.image.value = nil })
	all := judge(declared(), f, Options{})
	for i := 1; i < len(all); i++ {
		if !all[i-1].Severity.AtLeast(all[i].Severity) {
			t.Errorf("%s before %s", all[i-1].Severity, all[i].Severity)
		}
	}
	refusedTwice := well()
	primary(&refusedTwice, func(r *region) {
		r.zones.err, r.tried = coded("UnauthorizedOperation"), []trial{{"ec2:DescribeAvailabilityZones", coded("UnauthorizedOperation")}}
	})
	n := 0
	for _, f := range judge(declared(), refusedTwice, Options{}) {
		if f.Severity == Blocker {
			n++
		}
	}
	if n != 1 {
		t.Errorf("one action that is refused makes %d findings", n)
	}
}
