package doctor

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
)

// standing is what stands behind a record that nothing declares.
type standing struct {
	*discover.Stack
	sides        map[string]understudy.Side   // by the DNS names of load balancers
	certificates map[string]fact[certificate] // by their ARNs
	capacity     map[string]capacity          // by the DNS names of load balancers
}

// capacity is what decides whether a region may launch as many instances as it needs to serve all users.
type capacity struct {
	limits  fact[map[string]int]
	kind    fact[kind]
	running fact[running]
	size    string // the instance type
}

// ExamineRecord reads what stands behind a record, whoever built it, and judges what needs no declaration. It changes nothing.
func ExamineRecord(ctx context.Context, host string, home *account.Account, open discover.Open) ([]Finding, error) {
	found, err := discover.Find(ctx, host, home, open)
	if err != nil {
		return nil, err
	}
	s := standing{Stack: found, sides: sidesOf(found.Tree), certificates: map[string]fact[certificate]{}, capacity: map[string]capacity{}}
	s.ask(ctx)
	return inOrder(s.judge()), nil
}

// sidesOf tells which load balancers serve users and which stand by: the second of a failover pair stands by, unless it is the first of
// another.
func sidesOf(t *discover.Tree) map[string]understudy.Side {
	sides := map[string]understudy.Side{}
	for _, b := range t.Root.Balancers() {
		sides[b] = understudy.Primary
	}
	first := map[string]bool{}
	for _, n := range t.Names() {
		for _, b := range n.Branches {
			for _, to := range b.Balancers() {
				switch b.Record.Failover {
				case r53types.ResourceRecordSetFailoverPrimary:
					first[to] = true
				case r53types.ResourceRecordSetFailoverSecondary:
					sides[to] = understudy.Secondary
				}
			}
		}
	}
	for to := range first {
		sides[to] = understudy.Primary
	}
	return sides
}

// ask reads what the walk did not: certificates, and how much a standby's region may launch.
func (s *standing) ask(ctx context.Context) {
	var (
		all sync.WaitGroup
		mu  sync.Mutex
	)
	for _, site := range s.Sites {
		q := asker{site.Account, &understudy.Declaration{}, s.sides[site.DNS()]}
		for _, arn := range certificatesOf(site) {
			all.Go(func() {
				c, err := q.certificate(ctx, arn)
				mu.Lock()
				defer mu.Unlock()
				s.certificates[arn] = fact[certificate]{c, err}
			})
		}
		size := typeOf(site)
		if size == "" || s.sides[site.DNS()] != understudy.Secondary {
			continue
		}
		all.Go(func() {
			q, c := asker{site.Account, &understudy.Declaration{Instance: understudy.Instance{Type: size}}, understudy.Secondary}, capacity{size: size}
			c.limits.value, c.limits.err = q.limits(ctx)
			c.kind.value, c.kind.err = q.kind(ctx)
			c.running.value, c.running.err = q.running(ctx)
			mu.Lock()
			defer mu.Unlock()
			s.capacity[site.DNS()] = c
		})
	}
	all.Wait()
}

// certificatesOf returns the ARNs of the certificates that a load balancer serves with by default.
func certificatesOf(site *discover.Site) (arns []string) {
	for _, l := range site.Listeners {
		for _, c := range l.Certificates {
			arns = append(arns, aws.ToString(c.CertificateArn))
		}
	}
	return arns
}

// typeOf returns the instance type that the first fleet launches, "" where none says it.
func typeOf(site *discover.Site) string {
	for _, t := range site.Templates {
		if d := t.Version.LaunchTemplateData; d != nil {
			return string(d.InstanceType)
		}
	}
	return ""
}

// judge is every check of what needs no declaration.
func (s *standing) judge() (all []Finding) {
	all = append(all, s.judgeNames()...)
	all = append(all, s.judgeChecks()...)
	for _, site := range s.Sites {
		all = append(all, s.judgeSite(site)...)
	}
	return append(all, s.judgeStandbys()...)
}
