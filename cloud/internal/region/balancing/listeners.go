package balancing

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// groupUsers tells which load balancer forwards to each target group that is used.
func (r *Room) groupUsers(tx *store.Tx) map[string]string {
	return users(r.listeners.AllTx(tx), r.rules.AllTx(tx))
}

func users(listeners []listenerRow, rules []ruleRow) map[string]string {
	used, of := map[string]string{}, map[string]string{}
	for _, l := range listeners {
		of[l.ARN] = l.LoadBalancer
		for _, g := range actionGroups(l.Actions) {
			used[g] = l.LoadBalancer
		}
	}
	for _, rule := range rules {
		for _, g := range actionGroups(rule.Actions) {
			used[g] = of[rule.Listener]
		}
	}
	return used
}

// groupUser returns the load balancer that forwards to a target group.
func (r *Room) groupUser(arn string) (string, bool) {
	b, ok := users(r.listeners.All(), r.rules.All())[arn]
	return b, ok
}

// groupsOf returns the target groups that a load balancer forwards to, in order.
func (r *Room) groupsOf(loadBalancer string) []string {
	var out []string
	for g, b := range users(r.listeners.All(), r.rules.All()) {
		if b == loadBalancer {
			out = append(out, g)
		}
	}
	slices.Sort(out)
	return out
}

// checkListener refuses what a listener cannot be here.
func checkListener(port *int32) error {
	if port != nil && (*port < 1 || *port > 65535) {
		return invalid("Port '%d' must be between 1 and 65535", *port)
	}
	return nil
}

// CreateListener opens a port at every node of a load balancer.
func (r *Room) CreateListener(ctx context.Context, in *elb.CreateListenerInput) (*elb.CreateListenerOutput, error) {
	if err := r.requireARN(balancerARN, "LoadBalancerArn", in.LoadBalancerArn); err != nil {
		return nil, err
	}
	if in.Port == nil {
		return nil, invalid("A listener port must be specified")
	}
	if in.Protocol == "" {
		return nil, invalid("A listener protocol must be specified")
	}
	if err := checkListener(in.Port); err != nil {
		return nil, err
	}
	if err := room.Only(in, "AlpnPolicy", "Certificates", "DefaultActions", "LoadBalancerArn", "MutualAuthentication", "Port", "Protocol",
		"SslPolicy", "Tags"); err != nil {
		return nil, err
	}
	wanted := secured{in.Protocol, in.SslPolicy, in.Certificates, in.MutualAuthentication, in.AlpnPolicy}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	var row listenerRow
	err = r.Update(func(tx *store.Tx) (err error) {
		b, ok := r.loadBalancers.GetTx(tx, *in.LoadBalancerArn)
		if !ok {
			return wire.Errorf("LoadBalancerNotFound", "Load balancer '%s' not found", *in.LoadBalancerArn)
		}
		if err := b.checkProtocol(in.Protocol); err != nil {
			return err
		}
		if err := wanted.check(); err != nil {
			return err
		}
		row = listenerRow{LoadBalancer: b.ARN, Port: *in.Port, Tags: tags}
		row.setProtocol(in.Protocol, in.AlpnPolicy)
		if row.Security, err = r.apply(tx, security{}, wanted); err != nil {
			return err
		}
		if row.Actions, err = r.readDefault(tx, b, row, in.DefaultActions); err != nil {
			return err
		}
		if err := r.checkVersions(tx, row.protocol(), row.Actions); err != nil {
			return err
		}
		if old, ok := r.portListener(tx, b.ARN, row.Port); ok {
			if !reflect.DeepEqual(old.Actions, row.Actions) || !maps.Equal(old.Tags, row.Tags) ||
				old.protocol() != row.protocol() || old.ALPN != row.ALPN || !old.Security.same(row.Security) {
				return wire.Errorf("DuplicateListener", "A listener already exists on this port for this load balancer '%s'", b.ARN)
			}
			row = old
			return nil
		}
		if n := len(r.listenersOf(tx, b.ARN)); n >= r.Quota(b.listenersQuota()) {
			return wire.Errorf("TooManyListeners", "You have reached the maximum number of listeners")
		}
		path := tail(b.ARN, "loadbalancer") + "/" + room.NewSerial(16)
		row.ARN = r.ARN("elasticloadbalancing", "listener/"+path)
		row.DefaultRule = r.ARN("elasticloadbalancing", "listener-rule/"+path+"/"+room.NewSerial(16))
		return r.listeners.Put(tx, row.ARN, row)
	})
	if err != nil {
		return nil, err
	}
	return &elb.CreateListenerOutput{Listeners: []elbtypes.Listener{showListener(row)}}, nil
}

func (r *Room) portListener(tx *store.Tx, loadBalancer string, port int32) (listenerRow, bool) {
	for _, l := range r.listenersOf(tx, loadBalancer) {
		if l.Port == port {
			return l, true
		}
	}
	return listenerRow{}, false
}

func (r *Room) listenersOf(tx *store.Tx, loadBalancer string) []listenerRow {
	return slices.DeleteFunc(r.listeners.AllTx(tx), func(l listenerRow) bool { return l.LoadBalancer != loadBalancer })
}

func showListener(row listenerRow) elbtypes.Listener {
	out := elbtypes.Listener{
		ListenerArn: new(row.ARN), LoadBalancerArn: new(row.LoadBalancer), Port: new(row.Port), Protocol: row.protocol(), DefaultActions: row.Actions,
	}
	if row.secure() {
		out.SslPolicy = new(row.Security.Policy)
		out.Certificates = []elbtypes.Certificate{{CertificateArn: new(row.Security.Certificate)}}
		out.MutualAuthentication = &elbtypes.MutualAuthenticationAttributes{Mode: new("off")}
	}
	if row.ALPN != "" {
		out.AlpnPolicy = []string{row.ALPN}
	}
	return out
}

// DescribeListeners lists the listeners of a load balancer, or those asked for.
func (r *Room) DescribeListeners(ctx context.Context, in *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
	if err := room.Only(in, "ListenerArns", "LoadBalancerArn", "Marker", "PageSize"); err != nil {
		return nil, err
	}
	if (in.LoadBalancerArn == nil) == (len(in.ListenerArns) == 0) {
		return nil, invalid("You must specify either listener ARNs or a load balancer ARN")
	}
	if err := r.checkARNs(listenerARN, in.ListenerArns...); err != nil {
		return nil, err
	}
	rows, err := selected(r.listeners.All(), in.ListenerArns, func(l listenerRow) string { return l.ARN }, missingListener)
	if err != nil {
		return nil, err
	}
	if in.LoadBalancerArn != nil {
		if err := r.checkARNs(balancerARN, *in.LoadBalancerArn); err != nil {
			return nil, err
		}
		if _, ok := r.loadBalancers.Get(*in.LoadBalancerArn); !ok {
			return nil, missingLoadBalancer()
		}
		rows = slices.DeleteFunc(rows, func(l listenerRow) bool { return l.LoadBalancer != *in.LoadBalancerArn })
	}
	rows, next, err := page(rows, func(l listenerRow) string { return l.ARN }, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeListenersOutput{NextMarker: next}
	for _, row := range rows {
		out.Listeners = append(out.Listeners, showListener(row))
	}
	return out, nil
}

// ModifyListener changes a listener's port or default action.
func (r *Room) ModifyListener(ctx context.Context, in *elb.ModifyListenerInput) (*elb.ModifyListenerOutput, error) {
	if err := r.requireARN(listenerARN, "ListenerArn", in.ListenerArn); err != nil {
		return nil, err
	}
	if err := checkListener(in.Port); err != nil {
		return nil, err
	}
	if err := room.Only(in, "AlpnPolicy", "Certificates", "DefaultActions", "ListenerArn", "MutualAuthentication", "Port", "Protocol", "SslPolicy"); err != nil {
		return nil, err
	}
	wanted := secured{in.Protocol, in.SslPolicy, in.Certificates, in.MutualAuthentication, in.AlpnPolicy}
	row, err := r.changeListener(in.ListenerArn, func(tx *store.Tx, row *listenerRow) (err error) {
		b, _ := r.loadBalancers.GetTx(tx, row.LoadBalancer)
		wanted.protocol = cmp.Or(wanted.protocol, row.protocol())
		if err := b.checkProtocol(wanted.protocol); err != nil {
			return err
		}
		if err := wanted.check(); err != nil {
			return err
		}
		row.setProtocol(wanted.protocol, in.AlpnPolicy)
		if row.Security, err = r.apply(tx, row.Security, wanted); err != nil {
			return err
		}
		if in.Port != nil && *in.Port != row.Port {
			if _, taken := r.portListener(tx, row.LoadBalancer, *in.Port); taken {
				return wire.Errorf("DuplicateListener", "A listener already exists on this port for this load balancer '%s'", row.LoadBalancer)
			}
			if err := r.checkOpen(tx, *row); err != nil {
				return err
			}
			row.Port = *in.Port
		}
		if len(in.DefaultActions) > 0 {
			if row.Actions, err = r.readDefault(tx, b, *row, in.DefaultActions); err != nil {
				return err
			}
		}
		if b.network() {
			return r.checkFlowGroups(tx, b, wanted.protocol, row.Actions)
		}
		return r.checkListenerVersions(tx, *row)
	})
	if err != nil {
		return nil, err
	}
	return &elb.ModifyListenerOutput{Listeners: []elbtypes.Listener{showListener(row)}}, nil
}

// changeListener changes a listener as a whole, and returns it.
func (r *Room) changeListener(arn *string, change func(*store.Tx, *listenerRow) error) (row listenerRow, err error) {
	if err := r.requireARN(listenerARN, "ListenerArn", arn); err != nil {
		return row, err
	}
	err = r.Update(func(tx *store.Tx) error {
		var ok bool
		if row, ok = r.listeners.GetTx(tx, *arn); !ok {
			return missingListener()
		}
		if err := change(tx, &row); err != nil {
			return err
		}
		return r.listeners.Put(tx, row.ARN, row)
	})
	return row, err
}

// DeleteListener closes a listener and deletes its rules.
func (r *Room) DeleteListener(ctx context.Context, in *elb.DeleteListenerInput) (*elb.DeleteListenerOutput, error) {
	if err := room.Only(in, "ListenerArn"); err != nil {
		return nil, err
	}
	if err := r.requireARN(listenerARN, "ListenerArn", in.ListenerArn); err != nil {
		return nil, err
	}
	err := r.Update(func(tx *store.Tx) error {
		row, ok := r.listeners.GetTx(tx, *in.ListenerArn)
		if !ok {
			return missingListener()
		}
		if err := r.checkOpen(tx, row); err != nil {
			return err
		}
		return r.removeListener(tx, row)
	})
	return &elb.DeleteListenerOutput{}, err
}

func (r *Room) removeListener(tx *store.Tx, row listenerRow) error {
	for _, rule := range r.rules.AllTx(tx) {
		if rule.Listener == row.ARN {
			if err := r.rules.Delete(tx, rule.ARN); err != nil {
				return err
			}
		}
	}
	return r.listeners.Delete(tx, row.ARN)
}
