package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"github.com/spf13/cobra"
	"github.com/understudy/understudy"
	"github.com/understudy/understudy/doctor"
)

const doctorHelp = `Examine the declaration and the account it is meant for: what would keep the stack from being
built, or the failover from working. Nothing is changed; EC2 is asked with DryRun what the
caller may do. Each finding says what is so, why it matters in a failover, and how to heal it.

Severities: blocker (it cannot be built, or not as asked for), warning (a failover may not work,
or not in time), note, and unchecked (it could not be found out).

--rto is the longest that users may be without service, in place of the declared failover.rto. It
is compared with the prediction at AWS's own speed.
--policy prints the least IAM policy for all commands that work on the stack, and asks nobody.

With --record NAME no declaration is needed: what stands behind the record is examined, whoever
built it, for what would keep a failover from working.

The system's resolver is asked whom the domain is delegated to, or UNDERSTUDY_RESOLVER
(HOST:PORT); on a local cloud only the latter.

Exit codes: 0 nothing at or above --fail-on; 1 something is, or the account could not be asked;
2 the declaration or a flag is wrong.`

const doctorExample = `  understudy doctor
  understudy doctor --rto 90s --fail-on warning
  understudy doctor --json | jq -r '.findings[] | select(.severity == "blocker") | .heal'
  understudy doctor --record www.example.com --fail-on warning
  understudy doctor --policy > policy.json`

// examination is what the command's flags ask for.
type examination struct {
	on             target
	rto            time.Duration
	failOn, record string
	asJSON, policy bool
}

func doctorCommand() *cobra.Command {
	var e examination
	c := &cobra.Command{
		Use:     "doctor",
		Short:   "Tell whether it will work, before it is built",
		Long:    doctorHelp,
		Example: doctorExample,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return e.run(c) },
	}
	e.on.flags(c)
	recordFlag(c, &e.record, "examine what is behind this record, without a declaration")
	c.Flags().DurationVar(&e.rto, "rto", 0, "the longest that users may be without service, for example 90s")
	c.Flags().StringVar(&e.failOn, "fail-on", string(doctor.Blocker), "exit 1 from this severity on: "+strings.Join(severityNames(), ", "))
	c.Flags().BoolVar(&e.asJSON, "json", false, "print the findings as JSON")
	c.Flags().BoolVar(&e.policy, "policy", false, "print the least IAM policy for the stack, and examine nothing")
	for _, other := range []string{"rto", "policy"} { // these are of a declaration
		c.MarkFlagsMutuallyExclusive("record", other)
	}
	c.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(severityNames(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func severityNames() (names []string) {
	for _, s := range doctor.Severities {
		names = append(names, string(s))
	}
	return names
}

func (e *examination) run(c *cobra.Command) error {
	if !slices.Contains(severityNames(), e.failOn) {
		return misuse(fmt.Errorf("--fail-on %s: want one of %s", e.failOn, strings.Join(severityNames(), ", ")))
	}
	if e.rto < 0 {
		return misuse(fmt.Errorf("--rto %s: want a time above zero", e.rto))
	}
	if e.policy {
		d, err := understudy.Load(e.on.file)
		if err != nil {
			return misuse(e.on.explain(err))
		}
		return writeJSON(c, doctor.LeastPolicy(d))
	}
	if e.record != "" {
		return e.examineRecord(c)
	}
	stack, err := e.on.open(c.Context())
	if err != nil {
		return err
	}
	o, err := e.options()
	if err != nil {
		return err
	}
	return e.report(c, stack.Declaration.Name, doctor.Examine(c.Context(), stack, o))
}

func (e *examination) examineRecord(c *cobra.Command) error {
	home, open, err := e.on.anywhere(c.Context())
	if err != nil {
		return err
	}
	findings, err := doctor.ExamineRecord(c.Context(), e.record, home, open)
	if err != nil {
		return err
	}
	return e.report(c, e.record, findings)
}

// options says whom to ask for the domain. Beside a local cloud only its own name server is asked.
func (e *examination) options() (doctor.Options, error) {
	out, err := readOutside(os.Getenv)
	if err != nil {
		return doctor.Options{}, err
	}
	o := doctor.Options{RTO: e.rto}
	switch {
	case out.resolver != "":
		o.NameServers = func(ctx context.Context, domain string) ([]string, error) {
			return nameServersAt(ctx, out.resolver, domain)
		}
	case e.on.onAWS():
		o.NameServers = systemNameServers
	}
	return o, nil
}

// nameServersAt asks one name server. A domain that it does not know is delegated to nobody, as far as it can tell.
func nameServersAt(ctx context.Context, server, domain string) (names []string, err error) {
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(domain), dns.TypeNS)
	reply, _, err := new(dns.Client).ExchangeContext(ctx, q, server)
	if err != nil {
		return nil, err
	}
	switch reply.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError, dns.RcodeRefused:
	default:
		return nil, fmt.Errorf("%s answers %s", server, dns.RcodeToString[reply.Rcode])
	}
	for _, rr := range reply.Answer {
		if ns, ok := rr.(*dns.NS); ok {
			names = append(names, ns.Ns)
		}
	}
	return names, nil
}

func systemNameServers(ctx context.Context, domain string) (names []string, err error) {
	found, err := net.DefaultResolver.LookupNS(ctx, domain+".")
	var failed *net.DNSError
	if errors.As(err, &failed) && failed.IsNotFound {
		return nil, nil
	}
	for _, ns := range found {
		names = append(names, ns.Host)
	}
	return names, err
}

// doctorJSON is an examination as programs read it.
type doctorJSON struct {
	Stack    string           `json:"stack"`  // or the record
	Failed   bool             `json:"failed"` // something is at or above --fail-on
	Findings []doctor.Finding `json:"findings"`
}

func (e *examination) report(c *cobra.Command, examined string, findings []doctor.Finding) error {
	failed := 0
	for _, f := range findings {
		if f.Severity.AtLeast(doctor.Severity(e.failOn)) {
			failed++
		}
	}
	if e.asJSON {
		if err := writeJSON(c, doctorJSON{examined, failed > 0, append([]doctor.Finding{}, findings...)}); err != nil {
			return err
		}
	} else {
		printExamination(c.OutOrStdout(), findings)
	}
	if failed > 0 {
		return exitError{1, fmt.Errorf("doctor: %d findings at or above %s", failed, e.failOn)}
	}
	return nil
}

func printExamination(w io.Writer, findings []doctor.Finding) {
	counts := map[doctor.Severity]int{}
	for _, f := range findings {
		counts[f.Severity]++
		fmt.Fprintf(w, "%-9s  %s, %s: %s\n", f.Severity, f.Check, f.Side, f.What)
		fmt.Fprintf(w, "%-9s  why: %s\n", "", f.Why)
		if f.Heal != "" {
			fmt.Fprintf(w, "%-9s  heal: %s\n", "", f.Heal)
		}
	}
	var parts []string
	for _, s := range doctor.Severities {
		parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
	}
	fmt.Fprintln(w, strings.Join(parts, ", "))
}
