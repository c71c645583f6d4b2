package quotas

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/tempo"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/judge"
	"github.com/understudy/understudy/internal/patience"
)

var known = []room.Quota{
	{Service: "ec2", Code: "L-1216C47A", Name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", Default: 5, Applied: 1920},
	{Service: "vpc", Code: "L-F678F1CE", Name: "VPCs per Region", Default: 5},
	{Service: "vpc", Code: "L-A4707A72", Name: "Internet gateways per Region", Default: 5},
	{Service: "vpc", Code: "L-B4A6D682", Name: "Network ACLs per VPC", Default: 200},
}

// open returns a client of a Service Quotas that knows these, and its endpoint.
func open(t *testing.T) (*servicequotas.Client, string) {
	t.Helper()
	base, _ := roomtest.Open(t, t.TempDir(), tempo.Speed(1))
	r := New(base, known...)
	endpoint := roomtest.Serve(t, func(m *wire.Mux) { r.Operations(m) })
	return servicequotas.New(servicequotas.Options{
		Region: "us-east-1", BaseEndpoint: endpoint, Credentials: roomtest.Credentials, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
	}), *endpoint
}

// What is applied to the account is not what AWS gives a new one.
func TestQuotaIsToldAppliedAndByDefault(t *testing.T) {
	client, _ := open(t)
	ctx, ec2, vcpus := t.Context(), new("ec2"), new("L-1216C47A")
	applied := roomtest.Must(client.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: ec2, QuotaCode: vcpus}))(t).Quota
	usual := roomtest.Must(client.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: ec2, QuotaCode: vcpus}))(t).Quota
	if *applied.Value != 1920 || *applied.QuotaArn != "arn:aws:servicequotas:us-east-1:111122223333:ec2/L-1216C47A" ||
		*applied.ServiceName != "Amazon Elastic Compute Cloud (Amazon EC2)" || applied.QuotaAppliedAtLevel != quotatypes.AppliedLevelEnumAccount {
		t.Errorf("applied: %+v", applied)
	}
	if *usual.Value != 5 || *usual.QuotaArn != "arn:aws:servicequotas:us-east-1::ec2/L-1216C47A" || !usual.Adjustable || usual.QuotaAppliedAtLevel != "" {
		t.Errorf("by default: %+v", usual)
	}
}

func TestQuotasAreListedInPages(t *testing.T) {
	client, _ := open(t)
	ctx, vpc := t.Context(), new("vpc")
	var got []string
	pages := servicequotas.NewListServiceQuotasPaginator(client, &servicequotas.ListServiceQuotasInput{ServiceCode: vpc, MaxResults: new(int32(1))})
	for pages.HasMorePages() {
		page := roomtest.Must(pages.NextPage(ctx))(t)
		if len(page.Quotas) != 1 {
			t.Fatalf("a page of %d", len(page.Quotas))
		}
		got = append(got, *page.Quotas[0].QuotaCode)
	}
	roomtest.WantSame(t, "quotas", got, "L-A4707A72", "L-B4A6D682", "L-F678F1CE")
	usual := roomtest.Must(client.ListAWSDefaultServiceQuotas(ctx, &servicequotas.ListAWSDefaultServiceQuotasInput{ServiceCode: vpc}))(t)
	if len(usual.Quotas) != 3 || usual.NextToken != nil {
		t.Errorf("by default: %+v", usual)
	}
	one := roomtest.Must(client.ListServiceQuotas(ctx, &servicequotas.ListServiceQuotasInput{ServiceCode: vpc, QuotaCode: new("L-F678F1CE")}))(t)
	of := roomtest.Must(client.ListServiceQuotas(ctx, &servicequotas.ListServiceQuotasInput{
		ServiceCode: vpc, QuotaAppliedAtLevel: quotatypes.AppliedLevelEnumResource,
	}))(t)
	if len(one.Quotas) != 1 || len(of.Quotas) != 0 {
		t.Errorf("one: %+v; of single resources: %+v", one, of)
	}
	services := roomtest.Must(client.ListServices(ctx, &servicequotas.ListServicesInput{}))(t).Services
	if len(services) != 5 || *services[1].ServiceCode != "ec2" {
		t.Errorf("services: %+v", services)
	}
	_, err := client.ListServices(ctx, &servicequotas.ListServicesInput{NextToken: new("bm90IGEgdG9rZW4=")})
	roomtest.WantAPIError(t, err, "InvalidPaginationTokenException")
}

// The AWS CLI reads the answers by AWS's own model, refusals too.
func TestQuotasByTheCommandLine(t *testing.T) {
	_, endpoint := open(t)
	steps := []struct{ want, args string }{
		{"5.0\tVPCs per Region", "get-service-quota --service-code vpc --quota-code L-F678F1CE --query Quota.[Value,QuotaName]"},
		{"(NoSuchResourceException)", "get-service-quota --service-code vpc --quota-code L-00000000"},
		{"(NoSuchResourceException)", "get-aws-default-service-quota --service-code s3 --quota-code L-F678F1CE"},
		{"(NoSuchResourceException)", "list-service-quotas --service-code s3"},
		{"(ValidationException)", "get-service-quota --service-code vpc --quota-code 1"},
		{"The operation RequestServiceQuotaIncrease of servicequotas is not supported by this cloud.",
			"request-service-quota-increase --service-code vpc --quota-code L-F678F1CE --desired-value 9"},
	}
	var commands [][]string
	for _, s := range steps {
		commands = append(commands, append([]string{"service-quotas"}, strings.Fields(s.args)...))
	}
	for i, got := range judge.Commands(t, endpoint, "AKIDEXAMPLE", "secret", commands) {
		if !strings.Contains(got, steps[i].want) {
			t.Errorf("aws service-quotas %s\nprints %s\nwant   %s", steps[i].args, got, steps[i].want)
		}
	}
}
