package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/discover"
	"github.com/understudy/understudy/drill"
	"github.com/understudy/understudy/parity"
	"github.com/understudy/understudy/plan/failover"
)

// A drill of what others built. It touches nothing but the health checks of the record sets: they are inverted, so that Route 53 leads
// users away from a region that goes on working.

// recordDrill is such a drill.
type recordDrill struct {
	*drillFlags
	on      *target
	home    *account.Account
	open    discover.Open
	stack   *discover.Stack
	loss    discover.Loss
	asked   r53types.HealthCheck // what asks the application in the region that is lost
	outside outside
}

// recordOnly are the flags of a drill that a record leaves no use for, and why.
var recordOnly = map[string]string{
	"fault": "with --record there is only invert, which touches nothing but health checks",
	"side":  "--region says which region is lost of what is behind a record",
}

func (f *drillFlags) refuseBesideRecord(cmd *cobra.Command) error {
	for flag, why := range recordOnly {
		if cmd.Flags().Changed(flag) {
			return misuse(fmt.Errorf("--%s: %s", flag, why))
		}
	}
	return nil
}

// drillRecord rehearses the loss of a region for the users of a record.
func drillRecord(cmd *cobra.Command, on *target, f *drillFlags) error {
	ctx := cmd.Context()
	r := &recordDrill{drillFlags: f, on: on}
	err := drill.Missing(f.parts)
	if err != nil {
		return err
	}
	if r.outside, err = readOutside(os.Getenv); err != nil {
		return err
	}
	if r.home, r.open, err = on.anywhere(ctx); err != nil {
		return err
	}
	if r.stack, err = discover.Find(ctx, f.record, r.home, r.open); err != nil {
		return err
	}
	if err := r.choose(); err != nil {
		return err
	}
	if err := on.proveOf(ctx, true, r.home); err != nil {
		return err
	}
	if err := r.endOther(cmd); err != nil {
		return err
	}
	if on.account, err = r.home.Identity(ctx); err != nil {
		return err
	}
	does := fmt.Sprintf("Invert %s, so that users of %s leave %s,", counted(len(r.loss.Checks), "health check"), r.stack.Tree.Host, r.loss.Region)
	question := on.question(f.yes, does)
	if err := consent(ctx, cmd.InOrStdin(), cmd.ErrOrStderr(), question, "drill"); err != nil {
		return err
	}
	d, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	return rehearse(cmd, d, r.stack.Tree.Host, f.outputs, func(*drill.Report) {})
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// choose finds what has to fail, and what is asked for meanwhile.
func (r *recordDrill) choose() (err error) {
	if r.loss, err = r.stack.Tree.Lose(r.region); err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	if len(r.loss.To) != 1 {
		return fmt.Errorf("drill: without %s, %s leads to %s: a drill follows its users to one region alone",
			r.loss.Region, r.stack.Tree.Host, strings.Join(r.loss.To, " and "))
	}
	for _, id := range r.loss.Checks {
		for _, c := range r.stack.Asked(r53types.ResourceRecordSet{HealthCheckId: aws.String(id)}) {
			if slices.Contains(askingTypes, c.HealthCheckConfig.Type) {
				r.asked = c
				return nil
			}
		}
	}
	return fmt.Errorf("drill: no health check of %s asks an application: there is nothing by which users could be told from others", r.stack.Tree.Host)
}

// askingTypes are the types of health checks that ask an application.
var askingTypes = []r53types.HealthCheckType{
	r53types.HealthCheckTypeHttp, r53types.HealthCheckTypeHttps, r53types.HealthCheckTypeHttpStrMatch, r53types.HealthCheckTypeHttpsStrMatch,
	r53types.HealthCheckTypeTcp,
}

// sites are those of a region.
func (r *recordDrill) sites(region string) (found []*discover.Site) {
	for _, s := range r.stack.Sites {
		if s.Region == region {
			found = append(found, s)
		}
	}
	return found
}

// prepare makes the drill. Users ask for what the health check asks for.
func (r *recordDrill) prepare(ctx context.Context) (*drill.Drill, error) {
	host, r53 := r.stack.Tree.Host, r.home.Route53
	server, err := drill.NameServer(ctx, r53, r.stack.Zone.ID)
	if err != nil {
		return nil, err
	}
	settings := r.outside.paced(drill.SettingsOf(r.asked.HealthCheckConfig), r.users, r.rate)
	names, both, balancers := r.outside.lookups(server)
	asked, err := r.outside.asked(r.stack.Zone.Name, server, slices.ContainsFunc(r.parts, func(p drill.Part) bool { return p.Kind.Program != "" }))
	if err != nil {
		return nil, err
	}
	locator := &drill.Locator{Lookup: balancers, Names: map[string]string{}}
	for _, s := range r.stack.Sites {
		locator.Names[s.DNS()] = s.Region
	}
	page, port, err := r.page()
	if err != nil {
		return nil, err
	}
	authorities, err := r.outside.authorities(page.Scheme == "https")
	if err != nil {
		return nil, err
	}
	draws := 0
	if r.loss.Shares {
		draws = r.stack.Tree.Draws()
	}
	return &drill.Drill{
		Stack: host, URL: page, Clients: r.users, Port: r.outside.port(port), Authorities: authorities,
		Primary: r.loss.Region, Secondary: r.loss.To[0], Draws: draws, Settings: settings, Lookup: names, LookupBoth: both, Region: locator.Region,
		Upstream: asked, Elsewhere: r.outside.elsewhere(),
		Journal: journal(host), Owner: owner(), Before: r.before(), Force: r.force, Ill: r.ill,
		Users: r.parts, WebSocket: r.socket, OpenLoop: r.openLoop, AbortAfter: r.abortAfter, Longest: r.longest, Hold: r.hold, Patience: r.patience,
		Fault: inverting{drill.Invert{Route53: r53, Checks: r.loss.Checks}},
		Check: func(ctx context.Context) (drill.Checked, error) {
			return checkState(ctx, r53, aws.ToString(r.asked.Id), r.loss.Checks[0])
		},
	}, nil
}

// inverting says what such a drill cannot show.
type inverting struct{ drill.Invert }

// Notes adds to those of every inversion.
func (i inverting) Notes() []string {
	return append(i.Invert.Notes(), "of a record, a drill touches nothing but health checks: that the region's load balancers, instances and data were "+
		"not needed is not shown, nor what clients do whose connections break")
}

// page is what users ask for: the health check's page, at a listener.
func (r *recordDrill) page() (*url.URL, int, error) {
	config := r.asked.HealthCheckConfig
	scheme, port := "http", int(aws.ToInt32(config.Port))
	listener := listenerFor(r.sites(r.loss.Region), port)
	if listener != nil {
		port = int(aws.ToInt32(listener.Port))
	}
	secure := []elbtypes.ProtocolEnum{elbtypes.ProtocolEnumHttps, elbtypes.ProtocolEnumTls}
	if strings.HasPrefix(string(config.Type), "HTTPS") || listener != nil && slices.Contains(secure, listener.Protocol) {
		scheme = "https"
	}
	path := r.path
	if path == "" {
		path = aws.ToString(config.ResourcePath)
	}
	page, err := url.Parse(path)
	if err != nil {
		return nil, 0, fmt.Errorf("the health check's path: %w", err)
	}
	if page.Path == "" {
		page.Path = "/"
	}
	return &url.URL{Scheme: scheme, Host: fmt.Sprintf("%s:%d", r.stack.Tree.Host, port), Path: page.Path, RawQuery: page.RawQuery}, port, nil
}

// listenerFor is the listener at which users ask: the one that the health check asks, or else by HTTPS before HTTP.
func listenerFor(sites []*discover.Site, port int) *discover.Listener {
	for _, want := range []int{port, 443, 80} {
		for _, s := range sites {
			for n := range s.Listeners {
				if int(aws.ToInt32(s.Listeners[n].Port)) == want {
					return &s.Listeners[n]
				}
			}
		}
	}
	return nil
}

func (r *recordDrill) inverted(ctx context.Context, id string) (bool, error) {
	check, err := r.home.Route53.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: &id})
	if err != nil {
		return false, fmt.Errorf("read health check %s: %w", id, err)
	}
	return aws.ToBool(check.HealthCheck.HealthCheckConfig.Inverted), nil
}

// before are the checks of a drill that what is behind a record has an answer to.
func (r *recordDrill) before() []drill.Check {
	return []drill.Check{
		{Name: checkDrill, Look: r.another, Again: true},
		{Name: checkStandby, Look: r.standbyIll, Again: true},
		{Name: checkTargets, Look: r.targetsIll, Again: true},
		{Name: checkCapacity, Look: r.capacityShort},
		{Name: checkParity, Look: r.unequal},
	}
}

// another tells of a check that is inverted already: by somebody's drill, or on purpose.
func (r *recordDrill) another(ctx context.Context) (string, error) {
	for _, id := range r.loss.Checks {
		if is, err := r.inverted(ctx, id); err != nil || is {
			return "health check " + id + " is inverted already: does another drill run?", err
		}
	}
	return "", nil
}

// standbyIll tells what checkers find wrong with the region that is to serve.
func (r *recordDrill) standbyIll(ctx context.Context) (string, error) {
	checks := 0
	for _, n := range r.stack.Tree.Names() {
		for _, b := range n.Branches {
			if regions := b.Regions(); len(regions) != 1 || regions[0] != r.loss.To[0] {
				continue
			}
			for _, c := range r.stack.Asked(b.Record) {
				if !slices.Contains(askingTypes, c.HealthCheckConfig.Type) {
					continue
				}
				checks++
				m, err := failover.Measure(ctx, r.home.Route53, aws.ToString(c.Id))
				if err != nil || !m.Passes() {
					return fmt.Sprintf("%d of %d checkers of health check %s report success", m.Healthy, m.Checkers, aws.ToString(c.Id)), err
				}
			}
		}
	}
	if checks == 0 {
		return "its records have no health check", nil
	}
	return "", nil
}

// strength counts what the load balancers of a region find healthy, and names what they do not.
func (r *recordDrill) strength(ctx context.Context, region string) (healthy int, others []string, err error) {
	for _, s := range r.sites(region) {
		for _, g := range s.Groups {
			well, ill, err := targetsOf(ctx, s.Account, aws.ToString(g.TargetGroupArn))
			if err != nil {
				return 0, nil, err
			}
			healthy, others = healthy+well, append(others, ill...)
		}
	}
	return healthy, others, nil
}

func (r *recordDrill) targetsIll(ctx context.Context) (string, error) {
	healthy, others, err := r.strength(ctx, r.loss.To[0])
	if err != nil {
		return "", err
	}
	return notAllHealthy(healthy, others), nil
}

func (r *recordDrill) capacityShort(ctx context.Context) (string, error) {
	serving, _, err := r.strength(ctx, r.loss.Region)
	if err != nil {
		return "", err
	}
	standing, _, err := r.strength(ctx, r.loss.To[0])
	if err != nil || standing >= serving {
		return "", err
	}
	return fmt.Sprintf("%d healthy targets, and %s serves with %d", standing, r.loss.Region, serving), nil
}

func (r *recordDrill) unequal(ctx context.Context) (string, error) {
	reports, err := parity.AuditRecord(ctx, r.record, r.home, r.open, parity.Options{})
	if err != nil {
		return "", err
	}
	for _, one := range reports {
		if text := felt(one); text != "" {
			return strings.Replace(text, "`understudy parity`", "`understudy parity --record "+r.record+"`", 1), nil
		}
	}
	return "", nil
}

// ill tells, while the health checks are inverted, that the other region does not serve. What was forced before is not watched.
func (r *recordDrill) ill(ctx context.Context) (string, error) {
	if !slices.Contains(r.force, checkTargets) {
		healthy, others, err := r.strength(ctx, r.loss.To[0])
		if err == nil && healthy == 0 {
			return noneHealthy(others), nil
		}
	}
	if slices.Contains(r.force, checkStandby) {
		return "", nil
	}
	return r.standbyIll(ctx)
}

// endOther repairs what an earlier drill of the record left, if that is forced, and refuses over it if not.
func (r *recordDrill) endOther(cmd *cobra.Command) error {
	host := r.stack.Tree.Host
	e, found, err := journal(host).Read()
	if err != nil || !found {
		return err
	}
	if !slices.Contains(r.force, checkDrill) {
		return exitError{1, fmt.Errorf("%w: %s\nhint: `understudy drill undo --record %s` repairs it, if the drill does not run any more",
			drill.ErrInForce, e, host)}
	}
	return undoRecordDrill(cmd, r.home, host)
}

// repairOfRecord is what repairs what a drill of a record, or a schedule, has broken: health checks, and a local cloud's regions.
func repairOfRecord(home *account.Account) drill.Primary {
	p := drill.Primary{Account: home, Regions: localRegions}
	p.Sides = func(understudy.Side) drill.Primary { return p }
	return p
}

// undoRecordDrill repairs by the journal on this machine: nothing of such a drill is in the account but inverted health checks.
func undoRecordDrill(cmd *cobra.Command, home *account.Account, host string) error {
	entry, found, err := drill.Undo(cmd.Context(), journal(host), nil, func(drill.Entry) drill.Primary { return repairOfRecord(home) })
	if err != nil {
		return err
	}
	return tellUndone(cmd, entry, found)
}

var errNoRegion = errors.New("--region: only with --record; --side says which region of a declaration is lost")
