package understudy

import (
	"fmt"
	"slices"
)

// FurtherListener is one at another port at which users connect. Neither Route 53's checkers nor a drill's users ask it.
type FurtherListener struct {
	Port     int
	Protocol string // HTTP or HTTPS; a network load balancer's TCP or TLS
	Action          // what becomes of requests that meet no rule
	Rules    []Rule
}

// Role is its part in a stack.
func (l FurtherListener) Role() string { return fmt.Sprintf("%s%d", FurtherRole, l.Port) }

// FurtherRole begins the parts of listeners at further ports.
const FurtherRole = "listener-"

// newerVersion returns a version of HTTP other than 1 in which targets are asked for some of its requests.
func (l FurtherListener) newerVersion(d *Declaration) (version string) {
	actions := []Action{l.Action}
	for _, r := range l.Rules {
		actions = append(actions, r.Action)
	}
	for _, a := range actions {
		if t, ok := d.group(a.Forward); ok && a.Forwards() && t.Version == "HTTP2" {
			version = t.Version
		}
	}
	return version
}

// Ports are all at which users connect.
func (d *Declaration) Ports() []int {
	_, port := d.Entry()
	ports := []int{port}
	if d.HTTPS.Redirects() {
		ports = append(ports, d.Listener.Port)
	}
	for _, l := range d.Further {
		ports = append(ports, l.Port)
	}
	return ports
}

// OpenPorts are those that the load balancer's security group opens to everyone: also that of a switch that is a listener, in both regions, so that
// these are alike. Nothing listens there while health decides who serves.
func (d *Declaration) OpenPorts() []int {
	if d.SwitchListens() {
		return append(d.Ports(), SwitchPort)
	}
	return d.Ports()
}

// mostFurther leaves most of the fifty listeners of a load balancer to others ("Quotas for your Application Load Balancers").
const mostFurther = 20

// furtherListeners reads the further ports at which users connect.
func furtherListeners(root *object, d *Declaration) {
	const key, ports = "listeners", "a whole number from 1 to 65535"
	for _, o := range root.objects(key) {
		l := FurtherListener{Port: o.number("port", 8000, 1, 65535), Protocol: o.text("protocol", byKind(d.Balancer.Kind, "HTTP", TCP), targetProtocol),
			Action: action(o, d), Rules: rules(o, d, false)}
		if !o.require("port", ports) {
			continue
		}
		if slices.Contains(d.Ports(), l.Port) {
			o.mistake("port", fmt.Sprint(l.Port), "a port at which users do not connect yet")
		}
		if (l.Protocol == "HTTPS" || l.Protocol == TLS) && !d.HTTPS.Declared() {
			o.mistake("protocol", l.Protocol, byKind(d.Balancer.Kind, "HTTP", TCP)+", or https.certificates beside it")
		}
		l.flows(o, d)
		if version := l.newerVersion(d); l.Protocol == "HTTP" && version != "" {
			o.mistake("protocol", l.Protocol, "HTTPS where requests go to targets of version "+version)
		}
		d.Further = append(d.Further, l)
	}
	if len(d.Further) > mostFurther {
		root.mistake(key, fmt.Sprintf("%d listeners", len(d.Further)), fmt.Sprintf("at most %d", mostFurther))
	}
	n := len(d.Rules)
	for _, l := range d.Further {
		n += len(l.Rules)
	}
	if n > mostRules {
		root.mistake(rulesKey, fmt.Sprintf("%d rules of all listeners", n), fmt.Sprintf("at most %d", mostRules))
	}
}
