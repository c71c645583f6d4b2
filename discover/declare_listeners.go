package discover

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
)

// doors are a load balancer's listeners by what a declaration has them for.
type doors struct {
	entry    *Listener // where users connect, nil where there is none
	redirect *Listener // that sends them on to it, nil where none does
	further  []*Listener
}

// doors tells by their parts what the listeners of a stack of this program's are for. Of others' the entry is one of HTTPS, or else of
// whatever, at the usual port or else at the lowest.
func (s *Site) doors() (d doors) {
	entry := slices.IndexFunc(s.Listeners, func(l Listener) bool { return s.role(l.ListenerArn) == "listener" })
	own := entry >= 0
	if own {
		d.entry = &s.Listeners[entry]
	}
	for n := range s.Listeners {
		if l := &s.Listeners[n]; !own && (d.entry == nil || d.entry.less(l)) {
			d.entry = l
		}
	}
	for n := range s.Listeners {
		switch l := &s.Listeners[n]; {
		case l == d.entry, own && s.flows() && s.role(l.ListenerArn) == "switch":
		case s.role(l.ListenerArn) == "redirect", !own && d.redirect == nil && l.leadsTo(d.entry):
			d.redirect = l
		default:
			d.further = append(d.further, l)
		}
	}
	return d
}

// less tells whether another listener is rather where users connect.
func (l *Listener) less(other *Listener) bool {
	rank := func(l *Listener) (n int) {
		if l.secure() {
			n += 2
		}
		if port := aws.ToInt32(l.Port); l.secure() && port == 443 || !l.secure() && port == 80 {
			n++
		}
		return n
	}
	return rank(l) < rank(other)
}

// secure tells whether who connects speaks TLS.
func (l *Listener) secure() bool {
	return l.Protocol == elbtypes.ProtocolEnumHttps || l.Protocol == elbtypes.ProtocolEnumTls
}

// leadsTo tells whether a listener only sends users on to one of HTTPS.
func (l *Listener) leadsTo(entry *Listener) bool {
	if entry.Protocol != elbtypes.ProtocolEnumHttps || l.Protocol != elbtypes.ProtocolEnumHttp || len(l.DefaultActions) != 1 || len(l.Rules) > 0 {
		return false
	}
	r := l.DefaultActions[0].RedirectConfig
	return r != nil && (r.Protocol == nil || *r.Protocol == string(elbtypes.ProtocolEnumHttps))
}

// listeners describes where users connect.
func (d *Declared) listeners(site *Site, at doors) {
	names := site.groupNames(at)
	if l := at.entry; l != nil {
		port := int(aws.ToInt32(l.Port))
		if l.secure() {
			d.Values["https.port"], d.Values["https.policy"] = port, aws.ToString(l.SslPolicy)
			d.redirect(at.redirect)
		} else {
			d.Values["listener.port"] = port
		}
		if action, ok := actionOf(names, l.DefaultActions); !ok || len(action) > 0 {
			d.unsaid("what the listener at port %d does with requests that meet no rule: the service gets them", port)
		}
		if rules := d.rules(names, l); rules != nil {
			d.Values["rules"] = rules
		}
	}
	var further []map[string]any
	for _, l := range at.further {
		if one := d.further(names, l, at.entry); one != nil {
			further = append(further, one)
		}
	}
	if further != nil {
		d.Values["listeners"] = further
	}
}

// redirect describes the listener that sends users on to HTTPS.
func (d *Declared) redirect(l *Listener) {
	if l == nil {
		d.Values["https.redirect"] = string(understudy.RedirectNone)
		return
	}
	d.Values["listener.port"] = int(aws.ToInt32(l.Port))
	if r := l.DefaultActions[0].RedirectConfig; r != nil && r.StatusCode == elbtypes.RedirectActionStatusCodeEnumHttp302 {
		d.Values["https.redirect"] = string(understudy.RedirectTemporary)
	}
}

// further describes a listener at a further port, nil where no declaration has such a one.
func (d *Declared) further(names map[string]string, l, entry *Listener) map[string]any {
	port := int(aws.ToInt32(l.Port))
	one, ok := actionOf(names, l.DefaultActions)
	if !ok || !l.secure() && l.Protocol != elbtypes.ProtocolEnumHttp && l.Protocol != elbtypes.ProtocolEnumTcp {
		d.unsaid("the listener at port %d", port)
		return nil
	}
	one["port"] = port
	if l.secure() {
		one["protocol"] = string(l.Protocol)
		if aws.ToString(l.SslPolicy) != aws.ToString(entry.SslPolicy) || !slices.Equal(certificatesOf(l), certificatesOf(entry)) {
			d.unsaid("that the listener at port %d has a security policy or certificates of its own", port)
		}
	}
	if rules := d.rules(names, l); rules != nil {
		one["rules"] = rules
	}
	return one
}

func certificatesOf(l *Listener) (arns []string) {
	for _, c := range l.Certificates {
		arns = append(arns, aws.ToString(c.CertificateArn))
	}
	return arns
}

// certificates describes those of where users connect in each region.
func (d *Declared) certificates(first, second *Site) {
	for side, site := range map[understudy.Side]*Site{understudy.Primary: first, understudy.Secondary: second} {
		if entry := site.doors().entry; entry != nil {
			for _, arn := range certificatesOf(entry) {
				d.Values["https.certificates."+string(side)] = arn
			}
		}
	}
}
