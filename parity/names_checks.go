package parity

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

// A region's checks where it has several, and what a record follows then.

// byItsName ends what a check asks by a declared name, which differs between the regions on purpose.
const byItsName = " by its declared name"

type nameOf understudy.Side

// from tells whose a side is, as seen from one.
func (o nameOf) from(side understudy.Side) string {
	if understudy.Side(o) == side {
		return "this region"
	}
	return "the other region"
}

// named returns the side that checks ask by a name, nothing where none is declared to.
func (n *naming) named(dns string) nameOf {
	if n.declared == nil {
		return ""
	}
	for _, c := range n.declared.Failover.Checks() {
		for side, name := range c.Host {
			if name == dns {
				return nameOf(side)
			}
		}
	}
	return ""
}

// describeFurther describes the checks beside that of the application, by the tags that they have of the stack.
func (n *naming) describeFurther(side understudy.Side, record string, followed r53types.HealthCheck) {
	if n.declared == nil {
		return
	}
	for nth := range n.declared.Failover.Further {
		role := understudy.FurtherCheckRole(side, nth+1)
		for _, id := range followed.HealthCheckConfig.ChildHealthChecks {
			if child, ok := n.checks[id]; ok && n.tags[id][account.TagRole] == role {
				n.describeCheck(side, record, furtherName(nth), role, child)
			}
		}
	}
}

// furtherName is the role of the further check of an index.
func furtherName(index int) string { return fmt.Sprintf("further %d", index+1) }

// expectChecks adds a region's checks, and what its record follows.
func expectChecks(parts map[key]map[string]string, d *understudy.Declaration, side understudy.Side) {
	for i, c := range d.Failover.Checks() {
		role := ofService
		if i > 0 {
			role = furtherName(i - 1)
		}
		parts[key{"health check", role}] = expectedCheck(d, c, side)
	}
	parts[key{"record", d.Host() + " A"}]["health check"] = expectedFollowed(d, side)
}

// settingHeeds is by which settings Route 53 follows an alarm: those that it had when the check was made or updated last.
const settingHeeds = "follows the alarm by"

func alarmText(statistic, comparison string, threshold float64, periods, period int) string {
	return fmt.Sprintf("%s %s %s in %d of %d s", statistic, comparison, decimal(threshold), periods, period)
}

// alarmOf tells which alarm a check follows, as seen from a side.
func (n *naming) alarmOf(side understudy.Side, of *r53types.AlarmIdentifier) string {
	whose := "the alarm %s of " + string(of.Region)
	for _, at := range understudy.Sides {
		if n.regions[at] != nil && n.regions[at].Name == string(of.Region) {
			whose = nameOf(at).from(side) + "'s alarm %s"
		}
	}
	return fmt.Sprintf(whose, aws.ToString(of.Name))
}

// expectedAlarmCheck is one that follows an alarm of its region.
func expectedAlarmCheck(c understudy.Check, m understudy.MadeAlarm) map[string]string {
	return map[string]string{
		"type": string(r53types.HealthCheckTypeCloudwatchMetric), "inverted": "false", "checkers": "all",
		"insufficient data health status": string(account.NoDataStatus[c.NoneIs]),
		settingHeeds:                      alarmText(m.Statistic, string(account.Comparison(m.AlarmKind)), m.Threshold, m.Periods, m.Period),
	}
}

const thisFront = "this region's load balancer load-balancer"

func expectedAsked(d *understudy.Declaration, c understudy.Check, side understudy.Side) string {
	if m, ok := d.FollowedAlarm(c, side); ok {
		return "this region's alarm " + d.AlarmName(m.Role)
	}
	if c.Host != nil {
		return "this region" + byItsName
	}
	return thisFront
}

func expectedCheck(d *understudy.Declaration, c understudy.Check, side understudy.Side) map[string]string {
	if m, ok := d.FollowedAlarm(c, side); ok {
		check := expectedAlarmCheck(c, m)
		check["asks"] = expectedAsked(d, c, side)
		return check
	}
	protocol, port := d.AskedBy(c)
	f := d.Failover
	check := map[string]string{
		"asks": expectedAsked(d, c, side), "type": protocol, "port": itoa(port), "enable sni": fmt.Sprint(protocol == understudy.CheckHTTPS),
		"request interval": itoa(f.Interval), "failure threshold": itoa(f.Threshold), "inverted": "false", "checkers": "all",
		"measure latency": fmt.Sprint(c.Latency),
	}
	if c.Path != "" {
		check["resource path"] = c.Path
	}
	if c.Match != "" {
		check["type"], check["search string"] = protocol+"_STR_MATCH", c.Match
	}
	if len(c.Regions) > 0 {
		check["checkers"] = list(append([]string(nil), c.Regions...))
	}
	return check
}

// expectedFollowed is what a side's record follows, in the words of naming.asked.
func expectedFollowed(d *understudy.Declaration, side understudy.Side) string {
	var asked []string
	for _, c := range d.Failover.Checks() {
		asked = append(asked, "asks "+expectedAsked(d, c, side))
	}
	needed := d.Failover.Needed()
	if d.Switched(side.Other()) {
		for range d.Failover.SwitchChecks() {
			asked = append(asked, notTheSwitch)
			needed++
		}
	}
	if len(asked) == 1 {
		return asked[0]
	}
	return itoa(needed) + " of: " + list(asked)
}

const notTheSwitch = "not the switch"

// withoutSwitch leaves the switch out of what a record follows.
func withoutSwitch(followed string) string {
	number, asked, calculated := strings.Cut(followed, " of: ")
	needed, err := strconv.Atoi(number)
	if !calculated || err != nil {
		return followed
	}
	for strings.HasSuffix(asked, followsSwitch) {
		asked, needed = strings.TrimSuffix(asked, followsSwitch), needed-1
	}
	if !strings.Contains(asked, ", ") {
		return asked
	}
	return itoa(needed) + " of: " + asked
}
