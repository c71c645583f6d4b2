package discover

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
)

// What a network load balancer has otherwise than an application load balancer.

// flowKeys are the attributes of a network load balancer that keys say, and their usual values where no key does.
var (
	flowKeys  = map[string]string{"deletion_protection.enabled": "balancer.deletion_protection", crossZone: "balancer.cross_zone"}
	flowUsual = map[string]string{"dns_record.client_routing_policy": "any_availability_zone", "zonal_shift.config.enabled": "false"}
)

// flows tells whether the load balancer is a network load balancer.
func (s *Site) flows() bool { return s.Balancer.Type == elbtypes.LoadBalancerTypeEnumNetwork }

// flows describes a network load balancer.
func (d *Declared) flows(site *Site, at doors) {
	d.Values["balancer.kind"] = string(understudy.KindNetwork)
	d.attributes(site, flowKeys, flowUsual)
	if len(site.Balancer.SecurityGroups) == 0 {
		d.unsaid("that the load balancer %s has no security groups: the declaration gives it one", aws.ToString(site.Balancer.LoadBalancerName))
	}
	idle := ""
	for _, l := range append([]*Listener{at.entry}, at.further...) {
		switch {
		case l == nil || l.Idle == "":
		case idle == "":
			idle = l.Idle
			d.Values["balancer.idle_timeout"] = number(idle)
		case l.Idle != idle:
			d.unsaid("that the listener at port %d has an idle time of %s s", aws.ToInt32(l.Port), l.Idle)
		}
	}
}

const idleAttribute = "tcp.idle_timeout.seconds"

// readIdle reads the idle times of listeners that have one: those of TCP ("Update the TCP idle timeout for your Network Load Balancer listener").
func (s *Site) readIdle(ctx context.Context) error {
	for n := range s.Listeners {
		l := &s.Listeners[n]
		if l.Protocol != elbtypes.ProtocolEnumTcp {
			continue
		}
		attributes, err := s.ListenerAttributes(ctx, aws.ToString(l.ListenerArn))
		if err != nil {
			return err
		}
		l.Idle = attributes[idleAttribute]
	}
	return nil
}

// flowing says how the targets of a network load balancer's group are asked. What is usual is left out.
func flowing(says map[string]any, g *Group) {
	for attribute, of := range map[string]struct {
		key   string
		usual bool
	}{
		"preserve_client_ip.enabled":                          {"preserve_client_ip", true},
		"deregistration_delay.connection_termination.enabled": {"connection_termination", false},
		"proxy_protocol_v2.enabled":                           {"proxy_protocol", false},
	} {
		if value, ok := g.Attributes[attribute]; ok && value != fmt.Sprint(of.usual) {
			says[of.key] = !of.usual
		}
	}
}

// withoutSwitch leaves out what lets Route 53's checkers in to the switch of a network load balancer.
func (d *Declared) withoutSwitch() {
	const key = "security.public_facing.ingress"
	rules, _ := d.Values[key].([]map[string]any)
	if d.Values["balancer.kind"] != string(understudy.KindNetwork) || d.Values["failover.switch"] != string(understudy.SwitchStandby) {
		return
	}
	rules = slices.DeleteFunc(slices.Clone(rules), func(r map[string]any) bool {
		return r["protocol"] == "tcp" && r["ports"] == fmt.Sprint(understudy.SwitchPort) && r["from"] == anywhere
	})
	if d.Values[key] = rules; len(rules) == 0 {
		delete(d.Values, key)
	}
}
