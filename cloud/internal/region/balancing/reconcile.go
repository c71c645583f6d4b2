package balancing

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"syscall"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/balancer"
	"github.com/understudy/understudy/cloud/internal/delivery"
	"github.com/understudy/understudy/cloud/internal/network"
	"github.com/understudy/understudy/cloud/internal/store"
)

// targetNews is the topic of what load balancers find of their targets, which is not stored.
const targetNews store.Topic = "target-states"

// Open brings up every load balancer that the store holds and keeps them so. EC2 is up by then.
func (r *Room) Open() {
	r.serving.running, r.serving.failed, r.serving.logs = map[string]*balancer.Balancer{}, map[string]string{}, map[logKey]*delivery.Log{}
	if err := r.folder.Open(); err != nil {
		r.Log.Error("open the folder of logs", "err", err)
	}
	r.reconcile()
	r.Spawn(r.keep)
}

// Close ends the load balancers; none is brought up after it.
func (r *Room) Close() {
	r.serving.Lock()
	defer r.serving.Unlock()
	for arn, b := range r.serving.running {
		b.Close()
		r.endLogs(arn, nil)
	}
	r.serving.running = nil
}

// retryPause is how long what failed waits for the next try.
const retryPause = time.Second

// keep reconciles after each change and when a target has drained, and tries again what failed.
func (r *Room) keep() {
	watch := r.Watch(slices.Concat(r.News(), r.network.News(), r.certificates.News())...)
	defer watch.Stop()
	for {
		next := watch.Next()
		var drained <-chan time.Time
		if !r.reconcile() {
			drained = time.After(retryPause)
		} else if at := r.nextDrained(); !at.IsZero() {
			drained = time.After(time.Until(at))
		}
		select {
		case <-next:
		case <-drained:
		case <-r.Context().Done():
			return
		}
	}
}

// reconcile brings every load balancer to what the store says: it is all that a start, a change and
// a recovery are. It tells whether all of it worked.
func (r *Room) reconcile() (done bool) {
	done = true
	if err := r.dropTargets(); err != nil {
		r.Log.Error("drop drained targets", "err", err)
		done = false
	}
	served, failed := r.bringUpAll()
	for _, arn := range served {
		if err := r.changeLoadBalancer(&arn, func(_ *store.Tx, b *loadBalancerRow) error { b.Active = true; return nil }); err != nil {
			r.Log.Debug("mark load balancer active", "load balancer", arn, "err", err) // it has just been deleted
			done = false
		}
	}
	return done && !failed
}

// bringUpAll configures every load balancer and returns those that serve for the first time, and whether any
// could not be configured. It commits nothing while it holds the lock, which handlers take within changes.
func (r *Room) bringUpAll() (served []string, failed bool) {
	r.serving.Lock()
	defer r.serving.Unlock()
	if r.serving.running == nil {
		return nil, false // closed
	}
	for arn, b := range r.serving.running {
		if _, ok := r.loadBalancers.Get(arn); !ok {
			b.Close()
			r.endLogs(arn, nil)
			delete(r.serving.running, arn)
			delete(r.serving.failed, arn)
		}
	}
	for _, row := range r.loadBalancers.All() {
		err := r.bringUp(row)
		r.tell(row.ARN, err)
		failed = failed || err != nil
		if err == nil && !row.Active {
			served = append(served, row.ARN)
		}
	}
	if ports := fmt.Sprint(r.Ports()); ports != r.serving.ports {
		r.serving.ports = ports
		r.network.Republish()
	}
	return served, failed
}

// tell logs an error once, and again only once it is another.
func (r *Room) tell(arn string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != r.serving.failed[arn] && text != "" {
		level := slog.LevelWarn
		if errors.Is(err, network.ErrNotFound) || errors.Is(err, syscall.EADDRNOTAVAIL) {
			level = slog.LevelDebug // the interface, or its address, was committed a moment ago and is being made
		}
		r.Log.Log(r.Context(), level, "bring up load balancer", "load balancer", arn, "err", err)
	}
	r.serving.failed[arn] = text
}

// bringUp configures one load balancer.
func (r *Room) bringUp(row loadBalancerRow) error {
	b := r.serving.running[row.ARN]
	if b == nil {
		b = balancer.New(r.Pace, r.Log, func() { r.Wake(targetNews) })
		r.serving.running[row.ARN] = b
	}
	config, missing := r.balancerConfig(row)
	err := b.Configure(config)
	r.endLogs(row.ARN, config.Nodes) // what is under way ends its entries as it began
	return errors.Join(missing, err)
}

// balancerConfig says what a load balancer shall do, all of it from the store. The error names nodes
// whose network is not there yet.
func (r *Room) balancerConfig(row loadBalancerRow) (balancer.Config, error) {
	set := func(key string) string { return attributeOf(loadBalancerAttributes, row.Attributes, key) }
	seconds := func(key string) time.Duration {
		n, _ := strconv.Atoi(set(key))
		return time.Duration(n) * time.Second
	}
	c := balancer.Config{Name: tail(row.ARN, "loadbalancer"), DNSName: row.DNSName, Secret: row.ARN,
		IdleTimeout: seconds("idle_timeout.timeout_seconds"), KeepAlive: seconds("client_keep_alive.seconds"),
		HTTP1Only: set("routing.http2.enabled") == "false"}
	c.Headers = balancer.Headers{
		TLSFields:    set("routing.http.x_amzn_tls_version_and_cipher_suite.enabled") == "true",
		DropInvalid:  set("routing.http.drop_invalid_header_fields.enabled") == "true",
		PreserveHost: set("routing.http.preserve_host_header.enabled") == "true",
		ClientPort:   set("routing.http.xff_client_port.enabled") == "true",
		Forwarded:    balancer.Forwarded(set("routing.http.xff_header_processing.mode")),
		Desync:       balancer.Desync(set("routing.http.desync_mitigation_mode")),
	}
	var errs []error
	for _, n := range row.Nodes {
		eni, _ := r.network.Interface(n.Interface)
		ns, err := r.network.Namespace(n.Interface)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c.Nodes = append(c.Nodes, balancer.Node{
			ID: n.Interface, Zone: n.Zone, Address: eni.Address, IPv6: eni.IPv6, SourceNAT: eni.SourceNAT, Network: ns,
			Logs: r.logsOf(row, n.Interface, eni.Address),
		})
	}
	for _, l := range r.listeners.All() {
		if l.LoadBalancer != row.ARN {
			continue
		}
		if row.network() {
			port, err := r.flowListener(l)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			c.Listeners = append(c.Listeners, port)
			continue
		}
		port := balancer.Listener{Port: int(l.Port), Answers: runAnswers(l), TLSNames: runTLSNames(l)}
		var err error
		if port.TLS, err = r.runSecurity(l.Security); err != nil { // the port is not opened without its certificate
			errs = append(errs, fmt.Errorf("the certificates of port %d: %w", l.Port, err))
			continue
		}
		for _, rule := range rulesOf(r.rules.All(), l.ARN) {
			port.Rules = append(port.Rules, runRule(rule))
		}
		port.Rules = append(port.Rules, balancer.Rule{Action: runAction(l.Actions)})
		c.Listeners = append(c.Listeners, port)
	}
	for _, arn := range r.groupsOf(row.ARN) {
		if g, ok := r.targetGroups.Get(arn); ok {
			c.Groups = append(c.Groups, r.balancerGroup(row, g))
		}
	}
	return c, errors.Join(errs...)
}

func runRule(row ruleRow) balancer.Rule {
	rule := balancer.Rule{Priority: int(row.Priority), Action: runAction(row.Actions)}
	for _, c := range row.Conditions {
		condition, _ := runCondition(c) // passed when it was stored
		rule.Conditions = append(rule.Conditions, condition)
	}
	return rule
}

func (r *Room) balancerGroup(b loadBalancerRow, g targetGroupRow) balancer.Group {
	slow, _ := strconv.Atoi(g.set("slow_start.duration_seconds"))
	port, _ := strconv.Atoi(g.CheckPort) // 0 for traffic-port
	out := balancer.Group{
		ID: g.ARN, Version: g.version(), Secure: g.Protocol == elbtypes.ProtocolEnumHttps,
		Algorithm: balancer.Algorithm(g.set("load_balancing.algorithm.type")), Mitigate: g.mitigates(),
		Sticky: g.stickiness(), SlowStart: time.Duration(slow) * time.Second,
		SameZone:   !g.flow() && !crossesZones(b, g),
		MinHealthy: g.minimum("unhealthy_state_routing", "count"), MinPercent: g.minimum("unhealthy_state_routing", "percentage"),
		Check: balancer.Check{
			Version: g.version(), Secure: g.CheckProtocol == elbtypes.ProtocolEnumHttps, Port: port, Path: g.Path,
			Interval: time.Duration(g.Interval) * time.Second, Timeout: time.Duration(g.Timeout) * time.Second,
			Healthy: int(g.Healthy), Unhealthy: int(g.Unhealthy), Matcher: balancer.Matcher{Text: g.Matcher},
		},
	}
	if g.flow() {
		out.Flow, out.Check.Flow = r.flowGroup(b, g), r.flowCheck(b, g)
		out.Secure = g.Protocol == elbtypes.ProtocolEnumTls
	}
	for _, t := range r.spread(g) {
		at, zone, _ := r.targetAddress(g, t)
		enabled := zone == "" || slices.ContainsFunc(b.Nodes, func(n nodeRow) bool { return n.Zone == zone })
		if at.IsValid() && enabled {
			away := r.override(b, g, t) == elbtypes.TargetAdministrativeOverrideStateEnumZonalShiftActive
			out.Targets = append(out.Targets, balancer.Target{ID: t.ID, Address: at, Zone: zone, Draining: t.draining(), Away: away})
		}
	}
	return out
}

// stickiness says how long clients stay at a target.
func (g targetGroupRow) stickiness() (s balancer.Stickiness) {
	setting := func(key string) string { return attributeOf(targetGroupAttributes, g.Attributes, key) }
	if setting("stickiness.enabled") != "true" {
		return s
	}
	kind := setting("stickiness.type")
	seconds, _ := strconv.Atoi(setting("stickiness." + kind + ".duration_seconds"))
	s.For = time.Duration(seconds) * time.Second
	if kind == "app_cookie" {
		s.AppCookie = setting("stickiness.app_cookie.cookie_name")
	}
	return s
}

// seenHealth returns what a load balancer's nodes say of a target.
func (r *Room) seenHealth(loadBalancer, group string, t targetRow, at netip.AddrPort) balancer.Health {
	r.serving.Lock()
	b := r.serving.running[loadBalancer]
	r.serving.Unlock()
	if b == nil {
		return balancer.Unregistered
	}
	return b.Health(group, runTarget(t, at))
}

// runTarget is what the data path knows a target by.
func runTarget(t targetRow, at netip.AddrPort) balancer.Target {
	return balancer.Target{ID: t.ID, Address: at}
}

// drained tells whether a target's delay has passed, or its instance is gone for good: AWS deregisters
// terminated instances by itself.
func (r *Room) drained(tx *store.Tx, g targetGroupRow, t targetRow, now time.Time) bool {
	if t.draining() && !t.Until.After(now) {
		return true
	}
	if g.Type != elbtypes.TargetTypeEnumInstance {
		return false
	}
	i, ok := r.network.Instance(tx, t.ID)
	return !ok || i.State == ec2types.InstanceStateNameTerminated
}

// dropTargets removes targets that have drained.
func (r *Room) dropTargets() error {
	for _, g := range r.targetGroups.All() {
		if !slices.ContainsFunc(g.Targets, func(t targetRow) bool { return r.drained(nil, g, t, time.Now()) }) {
			continue
		}
		if err := r.changeTargetGroup(&g.ARN, func(tx *store.Tx, g *targetGroupRow) error {
			g.Targets = slices.DeleteFunc(g.Targets, func(t targetRow) bool { return r.drained(tx, *g, t, time.Now()) })
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// nextDrained returns when the next delay passes.
func (r *Room) nextDrained() (next time.Time) {
	for _, g := range r.targetGroups.All() {
		for _, t := range g.Targets {
			if t.draining() && (next.IsZero() || t.Until.Before(next)) {
				next = t.Until
			}
		}
	}
	return next
}

// Ports returns the public addresses and TCP ports at which load balancers listen, in order.
func (r *Room) Ports() (ports []netip.AddrPort) {
	for _, b := range r.loadBalancers.All() {
		for _, l := range r.listeners.All() {
			if l.LoadBalancer != b.ARN || l.Protocol == elbtypes.ProtocolEnumUdp {
				continue
			}
			for _, n := range b.Nodes {
				if eni, ok := r.network.Interface(n.Interface); ok && eni.Public.IsValid() {
					ports = append(ports, netip.AddrPortFrom(eni.Public, uint16(l.Port)))
				}
			}
		}
	}
	slices.SortFunc(ports, netip.AddrPort.Compare)
	return ports
}
