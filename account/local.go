package account

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ServerName is what a local cloud calls itself in the header Server of all its answers.
const ServerName = "understudy"

// Place is where the calls of one service go.
type Place struct {
	Service  string
	Region   string
	Endpoint string // as the SDK's standard chain has found it; empty is AWS itself
}

// Places returns where the calls go, one by one: the environment and a profile can give each service its own endpoint
// (AWS SDKs and Tools Reference Guide, "Service-specific endpoints").
func (a *Account) Places() []Place {
	places := []Place{
		{Service: "EC2", Endpoint: aws.ToString(a.EC2.Options().BaseEndpoint)},
		{Service: "Elastic Load Balancing", Endpoint: aws.ToString(a.ELB.Options().BaseEndpoint)},
		{Service: "Auto Scaling", Endpoint: aws.ToString(a.AutoScaling.Options().BaseEndpoint)},
		{Service: "Route 53", Endpoint: aws.ToString(a.Route53.Options().BaseEndpoint)},
		{Service: "STS", Endpoint: aws.ToString(a.STS.Options().BaseEndpoint)},
		{Service: "Service Quotas", Endpoint: aws.ToString(a.Quotas.Options().BaseEndpoint)},
		{Service: "Certificate Manager", Endpoint: aws.ToString(a.ACM.Options().BaseEndpoint)},
		{Service: "IAM", Endpoint: aws.ToString(a.IAM.Options().BaseEndpoint)},
		{Service: "CloudWatch", Endpoint: aws.ToString(a.CloudWatch.Options().BaseEndpoint)},
		{Service: "Systems Manager", Endpoint: aws.ToString(a.SSM.Options().BaseEndpoint)},
	}
	for i := range places {
		places[i].Region = a.Region
	}
	return places
}

// Foreign tells why the place is not provably a local cloud, or returns "" where it is. It is one if its address is one of
// this machine's loopback addresses, which neither a proxy (net/http sends nothing for them through one) nor a name server
// leads elsewhere, and if what answers there says that it is a local cloud: a tunnel to AWS has a loopback address too.
func (p Place) Foreign(answers map[string]string) string {
	if p.Endpoint == "" {
		return fmt.Sprintf("%s in %s is AWS itself", p.Service, p.Region)
	}
	if !loopback(p.Endpoint) {
		return fmt.Sprintf("%s is at %s, which is not an address of this machine", p.Service, p.Endpoint)
	}
	if answers[p.Endpoint] != ServerName {
		return fmt.Sprintf("%s is at %s, which does not say that it is a local cloud", p.Service, p.Endpoint)
	}
	return ""
}

func loopback(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.Unmap().IsLoopback()
}

// silence bounds how long an endpoint may take to answer anything at all.
const silence = 5 * time.Second

// Ask returns what each endpoint that is not AWS's calls itself, and fails if one does not answer. It asks without
// credentials, so that any answer will do, also a refusal.
func Ask(ctx context.Context, places []Place) (answers map[string]string, err error) {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	var (
		mu  sync.Mutex
		all sync.WaitGroup
	)
	answers = map[string]string{}
	asked := map[string]bool{}
	for _, p := range places {
		if asked[p.Endpoint] || p.Endpoint == "" {
			continue
		}
		asked[p.Endpoint] = true
		all.Go(func() {
			name, failed := serverAt(ctx, p.Endpoint)
			mu.Lock()
			defer mu.Unlock()
			answers[p.Endpoint] = name
			if failed != nil && err == nil {
				err = fmt.Errorf("%s at %s does not answer: %w", p.Service, p.Endpoint, failed)
			}
		})
	}
	all.Wait()
	return answers, err
}

func serverAt(ctx context.Context, endpoint string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return "", err
	}
	// It follows nothing: where an answer leads to says nothing of who gave it.
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	answer.Body.Close()
	return answer.Header.Get("Server"), nil
}
