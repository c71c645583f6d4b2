package fault

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"time"
)

const arns = "arn:aws:elasticloadbalancing:us-east-1:123456789012:"

// What each operation makes is what is hidden, and nothing else that its answer names.
func TestWhatIsMade(t *testing.T) {
	for _, c := range []struct{ operation, answer, want string }{
		{"CreateSubnet", `<R><subnet><subnetId>subnet-1</subnetId><vpcId>vpc-2</vpcId></subnet></R>`, "subnet-1"},
		{"CreateVpc", `<R><vpc><vpcId>vpc-1</vpcId><dhcpOptionsId>dopt-1</dhcpOptionsId></vpc></R>`, "vpc-1"},
		{"CreateDhcpOptions", `<R><dhcpOptions><dhcpOptionsId>dopt-1</dhcpOptionsId></dhcpOptions></R>`, "dopt-1"},
		{"CreateSecurityGroup", `<R><groupId>sg-1</groupId></R>`, "sg-1"},
		{"AllocateAddress", `<R><publicIp>198.51.100.1</publicIp><allocationId>eipalloc-1</allocationId></R>`, "eipalloc-1"},
		{"CreateNetworkInterface", `<R><networkInterface><networkInterfaceId>eni-1</networkInterfaceId>
			<groupSet><item><groupId>sg-1</groupId></item></groupSet></networkInterface></R>`, "eni-1"},
		{"RunInstances", `<R><reservationId>r-1</reservationId><instancesSet><item><instanceId>i-1</instanceId><imageId>ami-1</imageId></item>
			<item><instanceId>i-2</instanceId></item></instancesSet></R>`, "r-1 i-1 i-2"},
		{"CopyImage", `<R><imageId>ami-1</imageId></R>`, "ami-1"},
		{"RegisterImage", `<R><imageId>ami-1</imageId></R>`, "ami-1"},
		{"CreateListener", `<R><Listeners><member><ListenerArn>l</ListenerArn><LoadBalancerArn>b</LoadBalancerArn></member></Listeners></R>`, "l"},
		{"CreateHostedZone", `<R><HostedZone><Id>/hostedzone/Z1</Id></HostedZone><ChangeInfo><Id>/change/C1</Id></ChangeInfo></R>`, "/hostedzone/Z1"},
		{"CreateHealthCheck", `<R><HealthCheck><Id>h</Id></HealthCheck></R>`, "h"},
		{"CreateReusableDelegationSet", `<R><DelegationSet><Id>N1</Id></DelegationSet></R>`, "N1"},
		{"CreateRoute", `<R><return>true</return></R>`, ""},
		{"RegisterTargets", `<R/>`, ""},
		{"CreateAutoScalingGroup", ``, ""},
		{"CreateControlPanel", `{"ControlPanel":{"ClusterArn":"c","ControlPanelArn":"p","Name":"n"}}`, "p"},
	} {
		if got := strings.Join(madeIDs(makes(c.operation), []byte(c.answer)), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.operation, got, c.want)
		}
	}
}

func TestIDsAreReplacedByOnesOfTheSameForm(t *testing.T) {
	for id, want := range map[string]string{
		"vpc-0123456789abcdef0":                  "vpc-fedcba9876543210f",
		arns + "targetgroup/tg/0123456789abcdef": arns + "targetgroup/tg/fedcba9876543210",
		"/hostedzone/Z0123ABC9876XYZ00001":       "/hostedzone/A9876ZYX0123CBA99998",
		"00000000-1111-4222-8333-0123456789ab":   "ffffffff-eeee-bddd-7ccc-fedcba987654",
	} {
		other := flipped(unique(id))
		if got := strings.Replace(id, unique(id), other, 1); got != want || flipped(other) != unique(id) {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
}

const (
	vpc   = "vpc-0123456789abcdef0"
	older = "vpc-00000000000000001"
	noVPC = "vpc-fedcba9876543210f"
)

var start = time.Unix(1e9, 0)

// hiding returns a veil that hides what a call has made for a second from start on.
func hiding(operation string, request url.Values, answer string) *Veil {
	var v Veil
	v.Made(operation, request, []byte(answer), start.Add(time.Second))
	return &v
}

func TestHiddenIsReplacedInRequestsUntilItsTime(t *testing.T) {
	v := hiding("CreateVpc", nil, "<R><vpcId>"+vpc+"</vpcId></R>")
	request := "Action=CreateSubnet&VpcId=" + vpc
	if got := v.Over(start).Request(request); got != "Action=CreateSubnet&VpcId="+noVPC {
		t.Errorf("hidden: %s", got)
	}
	if got := v.Over(start.Add(time.Second)).Request(request); got != request {
		t.Errorf("seen: %s", got)
	}
	refused := "<Message>The vpc ID '" + noVPC + "' does not exist</Message>"
	if got := string(v.Over(start).Answer("CreateSubnet", []byte(refused))); got != strings.ReplaceAll(refused, noVPC, vpc) {
		t.Errorf("the answer names another id than the request: %s", got)
	}
}

func TestHiddenIsTakenOutOfLists(t *testing.T) {
	zone := "Z0123ABC9876XYZ00001"
	for name, c := range map[string]struct{ made, id, before, want string }{
		"EC2": {
			"CreateVpc", "<vpcId>" + vpc + "</vpcId>",
			"<R xmlns=\"u\">\n<vpcSet><item><vpcId>" + vpc +
				"</vpcId><tagSet><item><key>a</key></item></tagSet></item><item><vpcId>" + older + "</vpcId></item></vpcSet></R>",
			"<R xmlns=\"u\">\n<vpcSet><item><vpcId>" + older + "</vpcId></item></vpcSet></R>",
		},
		"in a list within a list": {
			"CreateVpc", "<vpcId>" + vpc + "</vpcId>",
			"<R><igwSet><item><id>igw-1</id><attachmentSet><item><vpcId>" + vpc + "</vpcId></item></attachmentSet></item></igwSet></R>",
			"<R><igwSet><item><id>igw-1</id><attachmentSet></attachmentSet></item></igwSet></R>",
		},
		"both within each other": {
			"CreateVpc", "<vpcId>" + vpc + "</vpcId>",
			"<R><s><item><t><item><a>" + vpc + "</a></item></t><b>" + vpc + "</b></item></s></R>",
			"<R><s></s></R>",
		},
		"AWS query": {
			"CreateTargetGroup", "<TargetGroupArn>" + arns + "targetgroup/t/0123456789abcdef</TargetGroupArn>",
			"<R><TargetGroups><member><TargetGroupArn>" + arns + "targetgroup/t/0123456789abcdef</TargetGroupArn></member></TargetGroups></R>",
			"<R><TargetGroups></TargetGroups></R>",
		},
		"Route 53": {
			"CreateHostedZone", "<HostedZone><Id>/hostedzone/" + zone + "</Id></HostedZone>",
			"<R><HostedZones><HostedZone><Id>/hostedzone/" + zone + "</Id></HostedZone><HostedZone><Id>/hostedzone/Z2</Id></HostedZone></HostedZones></R>",
			"<R><HostedZones><HostedZone><Id>/hostedzone/Z2</Id></HostedZone></HostedZones></R>",
		},
		"JSON": {
			"CreateVpc", "<vpcId>" + vpc + "</vpcId>",
			`{"a":[{"b":"` + vpc + `"},{"b":"<","n":1.50}]}`, `{"a":[{"b":"<","n":1.50}]}`,
		},
		"no list": {
			"CreateVpc", "<vpcId>" + vpc + "</vpcId>", "<R><vpc><vpcId>" + vpc + "</vpcId></vpc></R>", "<R><vpc><vpcId>" + vpc + "</vpcId></vpc></R>",
		},
		"no XML": {
			"CreateVpc", "<vpcId>" + vpc + "</vpcId>", "<R><item><a>" + vpc + "</a></item>", "<R><item><a>" + vpc + "</a></item>",
		},
	} {
		h := hiding(c.made, nil, "<R>"+c.id+"</R>").Over(start)
		if got := string(h.Answer("DescribeThings", []byte(c.before))); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", name, got, c.want)
		}
	}
}

// A retry gets the answer that was lost, and hides nothing for longer.
func TestRetryFindsWhatItMade(t *testing.T) {
	answer := "<R><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId></item></instancesSet></R>"
	v := hiding("RunInstances", nil, answer)
	if got := string(v.Over(start).Answer("RunInstances", []byte(answer))); got != answer {
		t.Errorf("the retry's answer: %s", got)
	}
	v.Made("RunInstances", nil, []byte(answer), start.Add(time.Hour))
	if later := start.Add(time.Minute); v.Hides(later) {
		t.Error("the retry has hidden it again")
	}
}

func TestNamesAreHidden(t *testing.T) {
	v := hiding("CreateAutoScalingGroup", url.Values{"AutoScalingGroupName": {"web"}}, "<R/>")
	h := v.Over(start)
	asked := url.Values{"AutoScalingGroupNames.member.1": {"web"}, "AutoScalingGroupNames.member.2": {"other"}, "Tags.member.1.Value": {"web"}}
	if !h.Form("DescribeAutoScalingGroups", asked) || asked.Get("AutoScalingGroupNames.member.1") != noName("web") ||
		asked.Get("AutoScalingGroupNames.member.2") != "other" || asked.Get("Tags.member.1.Value") != "web" {
		t.Errorf("asked for %v", asked)
	}
	if again := (url.Values{"AutoScalingGroupName": {"web"}}); h.Form("CreateAutoScalingGroup", again) {
		t.Errorf("the name is free for its maker: %v", again)
	}
	before := "<R><member><AutoScalingGroupName>web</AutoScalingGroupName></member><member><Value>web</Value></member></R>"
	if got := string(h.Answer("DescribeAutoScalingGroups", []byte("<R>"+before+"</R>"))); strings.Contains(got, "GroupName") || !strings.Contains(got, "Value") {
		t.Errorf("got %s", got)
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte("<R><s><item><a>" + vpc + "</a></item></s></R>"))
	f.Add([]byte(`{"a":[{"b":"` + vpc + `"}]}`))
	h := hiding("CreateVpc", nil, "<R><vpcId>"+vpc+"</vpcId></R>").Over(start)
	f.Fuzz(func(t *testing.T, body []byte) {
		id := unique(vpc)
		got := h.Answer("DescribeVpcs", bytes.Clone(body))
		if !bytes.Contains(body, []byte(id)) && !bytes.Contains(body, []byte(flipped(id))) && !bytes.Contains(body, []byte(`\u`)) &&
			!bytes.ContainsRune(body, '&') && !bytes.Equal(got, body) {
			t.Errorf("%q became %q", body, got)
		}
	})
}
