package main

import (
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/cloud/simulation"
	"github.com/understudy/understudy/discover"
)

// systemBehind is the system of what stands behind a record. What a declaration could not say of its records is read from these.
func (t *target) systemBehind(c *cobra.Command, record string, a assumed) (s simulation.System, err error) {
	home, open, err := t.anywhere(c.Context())
	if err != nil {
		return s, err
	}
	found, err := discover.Find(c.Context(), record, home, open)
	if err != nil {
		return s, err
	}
	described, err := found.Declare()
	if err != nil {
		return s, err
	}
	described.Values["name"], described.Values["image.run"] = "found", placeholderRun
	text, err := t.sayable(described)
	if err != nil {
		return s, err
	}
	d, err := understudy.Parse(t.file, []byte(text), os.ReadFile)
	if err != nil {
		return s, err
	}
	a.watch = false // it watches what it has built
	s = systemOf(d, a)
	pair := found.Tree.Pairs()[0]
	if err := asRecorded(&s, found, pair); err != nil {
		return s, err
	}
	if fleets := found.Site(pair.Balancers[1]).Fleets; len(fleets) > 0 {
		g := fleets[0]
		s.Standby.Min, s.Standby.Desired, s.Standby.Max = int(aws.ToInt32(g.MinSize)), int(aws.ToInt32(g.DesiredCapacity)), int(aws.ToInt32(g.MaxSize))
	}
	return s, nil
}

// asRecorded has a system answer as the failover pair's records do.
func asRecorded(s *simulation.System, found *discover.Stack, pair discover.Pair) error {
	halves := map[r53types.ResourceRecordSetFailover]*discover.Branch{}
	for _, n := range found.Tree.Names() {
		for i, b := range n.Branches {
			if b.Record.Failover != "" && slices.ContainsFunc(b.Balancers(), func(dns string) bool { return slices.Contains(pair.Balancers[:], dns) }) &&
				halves[b.Record.Failover] == nil {
				halves[b.Record.Failover] = &n.Branches[i]
			}
		}
	}
	primary, standby := halves[r53types.ResourceRecordSetFailoverPrimary], halves[r53types.ResourceRecordSetFailoverSecondary]
	if primary == nil || standby == nil {
		return fmt.Errorf("%s has no failover pair of records, and no other policy can be simulated", found.Tree.Host)
	}
	s.Evaluate = primary.Evaluates
	if ttl := primary.Record.TTL; ttl != nil {
		s.TTL = simulation.Span(time.Duration(*ttl) * time.Second)
	}
	s.Check.PrimaryOnly = standby.Record.HealthCheckId == nil
	asked := found.Asked(primary.Record)
	s.Check.None = len(asked) == 0
	for _, h := range asked {
		if named := h.HealthCheckConfig.Regions; len(named) > 0 {
			s.Check.Checkers = simulation.Checkers(len(named))
		}
	}
	return nil
}
