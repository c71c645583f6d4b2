package doctor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/understudy/understudy"
)

// judgeName looks for records in the way of the failover pair. A CNAME stands alone at its name (RFC 1034, section 3.6.2), and
// record sets of one name and type all have the same policy (ChangeResourceRecordSets in the Route 53 API Reference).
func judgeName(d *understudy.Declaration, w world) (all []Finding) {
	if w.zones.err == nil && w.records.err != nil {
		return []Finding{unread(CheckName, understudy.Global, "route53:ListResourceRecordSets", w.records.err)}
	}
	for _, r := range w.records.value {
		if f, ok := inTheWay(d, r); ok {
			all = append(all, f)
		}
	}
	return all
}

func inTheWay(d *understudy.Declaration, r record) (Finding, bool) {
	host := d.Host()
	f := Finding{
		CheckName, Blocker, understudy.Global, host + " has a record of type " + r.kind,
		"users would go by it, and the failover pair cannot be made beside it", "delete the record, or declare another record name",
	}
	own := "understudy-" + d.Name + "-"
	switch {
	case r.kind == "A" && slices.Contains([]string{own + "primary", own + "secondary"}, r.setID):
		return f, false // by whatever policy it is chosen
	case r.kind == "CNAME":
		return f, true
	case r.kind == "NS" && d.Record != "":
		f.Why = "it hands the name over to other name servers, so that nobody sees the failover pair"
		return f, true
	case r.kind == "A" && r.failover:
		f.Severity, f.What = Warning, fmt.Sprintf("%s has a failover record that this stack did not name, %q", host, r.setID)
		f.Heal = "`understudy plan` says whether it leads to this stack and is taken over"
		return f, true
	case r.kind == "A" && !r.failover:
		f.What = host + " has an A record that is not this stack's"
		return f, true
	case r.kind == "AAAA":
		f.Severity, f.Why = Warning, "users with IPv6 go by it, and the failover of the A records does not move them"
		return f, true
	}
	return f, false
}

const whyDelegation = "users are sent by the name servers that the domain is delegated to; where those are not the zone's, no failover reaches them"

// judgeDelegation compares the zone's name servers with those that resolvers find.
func judgeDelegation(d *understudy.Declaration, w world) []Finding {
	if w.zones.err != nil {
		return []Finding{unread(CheckDelegation, understudy.Global, "route53:ListHostedZonesByName", w.zones.err)}
	}
	f := Finding{Check: CheckDelegation, Severity: Blocker, Side: understudy.Global, Why: whyDelegation}
	switch {
	case len(w.zones.value) == 0:
		f.Severity, f.What = Warning, "there is no hosted zone "+d.Domain+": up makes one, with name servers that nobody knows yet"
		f.Heal = "after up, enter the name servers that `understudy status` shows at the parent of " + d.Domain
	case w.parent == nil:
		f.Severity, f.What = Unchecked, "nobody was asked whom "+d.Domain+" is delegated to"
		f.Heal = "set UNDERSTUDY_RESOLVER to HOST:PORT of a name server that may be asked"
	case w.parent.err != nil:
		f.Severity, f.What = Unchecked, fmt.Sprintf("whom %s is delegated to could not be asked: %v", d.Domain, w.parent.err)
		f.Heal = "run doctor again, or set UNDERSTUDY_RESOLVER to HOST:PORT of another resolver"
	default:
		return compareDelegation(d, f, w.zones.value, w.parent.value)
	}
	return []Finding{f}
}

func compareDelegation(d *understudy.Declaration, f Finding, zones []hosted, found []string) []Finding {
	parent := canonical(found)
	best, shared := zones[0], -1
	for _, z := range zones {
		if n := common(canonical(z.nameServers), parent); n > shared {
			best, shared = z, n
		}
	}
	own := canonical(best.nameServers)
	f.Heal = fmt.Sprintf("enter the name servers of %s at the parent of %s: %s", best.id, d.Domain, strings.Join(own, ", "))
	switch {
	case len(parent) == 0:
		f.What = d.Domain + " is delegated to nobody"
	case shared == 0:
		f.What = d.Domain + " is delegated to " + strings.Join(parent, ", ") + ", which are not its zone's name servers"
	case shared < len(own) || shared < len(parent):
		f.Severity = Warning
		f.What = fmt.Sprintf("%s is delegated to %s, and its zone's name servers are %s", d.Domain, strings.Join(parent, ", "), strings.Join(own, ", "))
	case len(zones) > 1:
		f.Severity, f.Heal = Warning, "delete the zone that nobody is delegated to"
		f.What = fmt.Sprintf("there are %d public zones %s, and the domain is delegated to %s alone", len(zones), d.Domain, best.id)
	default:
		return nil
	}
	return []Finding{f}
}

// canonical sorts names and writes them alike: their case means nothing (RFC 4343), a last dot neither.
func canonical(names []string) (all []string) {
	for _, n := range names {
		all = append(all, strings.ToLower(strings.TrimSuffix(n, ".")))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func common(a, b []string) (n int) {
	for _, one := range a {
		if slices.Contains(b, one) {
			n++
		}
	}
	return n
}
