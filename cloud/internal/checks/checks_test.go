package checks

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func createCheck(t *testing.T, a *Checks, reference string, c *r53types.HealthCheckConfig) (*r53types.HealthCheck, error) {
	out, err := a.CreateHealthCheck(t.Context(), &route53.CreateHealthCheckInput{CallerReference: &reference, HealthCheckConfig: c})
	if err != nil {
		return nil, err
	}
	return out.HealthCheck, nil
}

func TestReferencesOfHealthChecks(t *testing.T) {
	a, r, _ := open(t, t.TempDir())
	first, err := createCheck(t, a, "r", tcp("198.51.100.1", 80))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := createCheck(t, a, "r", tcp("198.51.100.1", 80)); err != nil || *again.Id != *first.Id {
		t.Errorf("same settings: %v, %v, want the first check", again, err)
	}
	_, err = createCheck(t, a, "r", tcp("198.51.100.1", 81))
	refused(t, err, "HealthCheckAlreadyExists", "")
	if other, err := createCheck(t, a, "s", tcp("198.51.100.1", 80)); err != nil || *other.Id == *first.Id {
		t.Errorf("another reference: %v, %v, want a second check", other, err)
	}
	if _, err := a.DeleteHealthCheck(t.Context(), &route53.DeleteHealthCheckInput{HealthCheckId: first.Id}); err != nil {
		t.Fatal(err)
	}
	if _, probed := r.set[*first.Id]; probed {
		t.Error("a deleted check is still probed")
	}
	_, err = createCheck(t, a, "r", tcp("198.51.100.1", 80))
	refused(t, err, "HealthCheckAlreadyExists", "")
	a.now = func() time.Time { return time.Now().Add(referenceKept + time.Hour) }
	if _, err = createCheck(t, a, "r", tcp("198.51.100.1", 80)); err != nil {
		t.Errorf("after some days: %v", err)
	}
}

func TestDefaultsOfHealthChecks(t *testing.T) {
	a, _, _ := open(t, t.TempDir())
	c, err := createCheck(
		t,
		a,
		"r",
		&r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeHttps, FullyQualifiedDomainName: aws.String("a.example.com"), ResourcePath: aws.String("health")},
	)
	if err != nil {
		t.Fatal(err)
	}
	g := c.HealthCheckConfig
	if *g.Port != 443 || *g.RequestInterval != 30 || *g.FailureThreshold != 3 || *g.ResourcePath != "/health" || !*g.EnableSNI || *g.Inverted || *g.Disabled ||
		*g.MeasureLatency ||
		*c.HealthCheckVersion != 1 {
		t.Errorf("%+v, version %d", g, *c.HealthCheckVersion)
	}
}

func TestHealthChecksThatAreRefused(t *testing.T) {
	a, _, _ := open(t, t.TempDir())
	parent, err := createCheck(t, a, "parent", &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(0)})
	if err != nil {
		t.Fatal(err)
	}
	with := func(mod func(*r53types.HealthCheckConfig)) *r53types.HealthCheckConfig {
		c := tcp("198.51.100.1", 80)
		mod(c)
		return c
	}
	for name, c := range map[string]*r53types.HealthCheckConfig{
		"private":       tcp("10.0.0.1", 80),
		"loopback":      tcp("127.0.0.1", 80),
		"carrier grade": tcp("100.64.0.1", 80),
		"multicast":     tcp("224.0.0.1", 80),
		"reserved":      tcp("250.0.0.1", 80),
		"mapped":        tcp("::ffff:10.0.0.1", 80),
		"no address":    tcp("x", 80),
		"IPv6 private":  tcp("fd00::1", 80),
		"IPv6 loopback": tcp("::1", 80),
		"link-local":    tcp("fe80::1", 80),
		"of a link":     tcp("fe80::1%eth0", 80),
		"multicast 6":   tcp("ff02::1", 80),
		"compatible":    tcp("::198.51.100.1", 80),
		"ORCHID":        tcp("2001:10::1", 80),
		"6bone":         tcp("3ffe::1", 80),
		"port":          tcp("198.51.100.1", 0),
		"no port":       {Type: r53types.HealthCheckTypeTcp, IPAddress: aws.String("198.51.100.1")},
		"no endpoint":   {Type: r53types.HealthCheckTypeHttp},
		"interval":      with(func(c *r53types.HealthCheckConfig) { c.RequestInterval = aws.Int32(20) }),
		"threshold":     with(func(c *r53types.HealthCheckConfig) { c.FailureThreshold = aws.Int32(11) }),
		"two regions": with(func(c *r53types.HealthCheckConfig) {
			c.Regions = []r53types.HealthCheckRegion{"us-east-1", "us-west-1"}
		}),
		"search":      with(func(c *r53types.HealthCheckConfig) { c.SearchString = aws.String("x") }),
		"no search":   with(func(c *r53types.HealthCheckConfig) { c.Type = r53types.HealthCheckTypeHttpStrMatch }),
		"alarm":       with(func(c *r53types.HealthCheckConfig) { c.Type = r53types.HealthCheckTypeCloudwatchMetric }),
		"no child":    {Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(1), ChildHealthChecks: []string{"x"}},
		"grandparent": {Type: r53types.HealthCheckTypeCalculated, HealthThreshold: aws.Int32(1), ChildHealthChecks: []string{*parent.Id}},
		"no count":    {Type: r53types.HealthCheckTypeCalculated},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := createCheck(t, a, name, c)
			refused(t, err, "InvalidInput", "")
		})
	}
}

func TestUpdatesOfHealthChecks(t *testing.T) {
	dir := t.TempDir()
	a, r, end := open(t, dir)
	c, err := createCheck(
		t,
		a,
		"r",
		&r53types.HealthCheckConfig{
			Type:                     r53types.HealthCheckTypeHttp,
			IPAddress:                aws.String("198.51.100.1"),
			FullyQualifiedDomainName: aws.String("x.org"),
			ResourcePath:             aws.String("/a"),
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	update := func(in route53.UpdateHealthCheckInput) error {
		in.HealthCheckId = c.Id
		_, err := a.updateHealthCheck(t.Context(), &in)
		return err
	}
	if err := update(route53.UpdateHealthCheckInput{
		HealthCheckVersion: aws.Int64(1), Inverted: aws.Bool(true), IPAddress: aws.String("198.51.100.2"),
		ResetElements: []r53types.ResettableElementName{"ResourcePath", "FullyQualifiedDomainName"},
	}); err != nil {
		t.Fatal(err)
	}
	got := r.set[*c.Id]
	if !*got.Inverted || *got.IPAddress != "198.51.100.2" || got.ResourcePath != nil || got.FullyQualifiedDomainName != nil {
		t.Errorf("probed with %+v", got)
	}
	refused(t, update(route53.UpdateHealthCheckInput{HealthCheckVersion: aws.Int64(1)}), "HealthCheckVersionMismatch", "")
	refused(t, update(route53.UpdateHealthCheckInput{SearchString: aws.String("x")}), "InvalidInput", "")
	refused(t, update(route53.UpdateHealthCheckInput{IPAddress: aws.String("192.168.0.1")}), "InvalidInput", "")
	end()
	again, _, _ := open(t, dir)
	kept, err := again.getHealthCheck(t.Context(), &route53.GetHealthCheckInput{HealthCheckId: c.Id})
	if err != nil || *kept.HealthCheck.HealthCheckVersion != 2 || !*kept.HealthCheck.HealthCheckConfig.Inverted {
		t.Errorf("after a crash: %+v, %v", kept, err)
	}
	named, err := createCheck(t, again, "n", &r53types.HealthCheckConfig{Type: r53types.HealthCheckTypeHttp, FullyQualifiedDomainName: aws.String("x.org")})
	if err != nil {
		t.Fatal(err)
	}
	c, a = named, again
	refused(t, update(route53.UpdateHealthCheckInput{IPAddress: aws.String("198.51.100.2")}), "InvalidInput", "")
	refused(t, update(route53.UpdateHealthCheckInput{ResetElements: []r53types.ResettableElementName{"FullyQualifiedDomainName"}}), "InvalidInput", "")
}
