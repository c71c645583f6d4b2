package balancing

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
)

// A network load balancer carries connections: its listeners forward, by TCP or TLS, and have neither rules nor other actions. It takes security
// groups at its creation alone ("Update the security groups for your Network Load Balancer"), so that it has the stack's from then on.

// networkDefaults are the attributes of a network load balancer that a declaration says nothing about, with the values that AWS gives a new one
// (Elastic Load Balancing User Guide, "Edit attributes for your Network Load Balancer").
var networkDefaults = map[string]string{
	protectedAttribute:                  "false",
	"load_balancing.cross_zone.enabled": "false",
	"dns_record.client_routing_policy":  "any_availability_zone",
}

// Flows tells whether the load balancer is a network load balancer.
func Flows(s resource.Scope) bool { return s.Declared.Balancer.Kind == understudy.KindNetwork }

// defaults are the attributes that AWS gives a new load balancer of the declared kind.
func (b *Balancer) defaults() map[string]string {
	if Flows(b.Scope) {
		return networkDefaults
	}
	return balancerDefaults
}

const (
	idleAttribute = "tcp.idle_timeout.seconds"
	idleSetting   = "idle time"
	usualIdle     = 350 // seconds ("Update the TCP idle timeout for your Network Load Balancer listener")
)

// forgets tells whether the listener has an idle time: one of TCP has. A load balancer's others are its own, or cannot be changed.
func (l *Listener) forgets() bool { return Flows(l.Scope) && !l.secure() }

func (l *Listener) desiredIdle() []resource.Field {
	if !l.forgets() {
		return nil
	}
	return []resource.Field{{Name: idleSetting, Value: resource.Number(l.Declared.Balancer.IdleTimeout)}}
}

// readIdle reads the idle time of a listener that has one.
func (l *Listener) readIdle(ctx context.Context) ([]resource.Field, error) {
	if !l.forgets() {
		return nil, nil
	}
	attributes, err := l.ListenerAttributes(ctx, l.arn)
	return []resource.Field{{Name: idleSetting, Value: attributes[idleAttribute]}}, err
}

// setIdle sets the idle time of a listener that has one.
func (l *Listener) setIdle(ctx context.Context) error {
	if !l.forgets() {
		return nil
	}
	_, err := l.ELB.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{ListenerArn: &l.arn, Attributes: []elbtypes.ListenerAttribute{{
		Key: aws.String(idleAttribute), Value: aws.String(strconv.Itoa(l.Declared.Balancer.IdleTimeout)),
	}}})
	if err != nil {
		return fmt.Errorf("set the idle time of %s: %w", l.arn, err)
	}
	return nil
}

// made sets what cannot be said at the creation of a listener.
func (l *Listener) made(ctx context.Context) error {
	if l.Declared.Balancer.IdleTimeout == usualIdle {
		return nil
	}
	return l.setIdle(ctx)
}
