package zones

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http/httptest"
	"os"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"

	"github.com/understudy/understudy/cloud/internal/checks"
	"github.com/understudy/understudy/cloud/internal/request"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
	"github.com/understudy/understudy/internal/patience"
)

// never says why errors that the API's model has cannot come up here.
var never = map[string]string{
	"ConcurrentModification":                   "changes wait for each other",
	"DelegationSetNotAvailable":                "all zones share their name servers, so these do not run out",
	"DelegationSetNotReusable":                 "only reusable delegation sets have ids",
	"HealthCheckInUse":                         "out of use, by the API reference: a health check is deleted even if record sets name it",
	"HostedZonePartiallyDelegated":             "a zone's parent need not be here, so its delegation is not asked for",
	"IncompatibleVersion":                      "there is one version of the API",
	"InsufficientCloudWatchLogsResourcePolicy": "there is no CloudWatch Logs: query logs are files",
	"InvalidSigningStatus":                     "no zone is ever DELETING, ACTION_NEEDED or INTERNAL_FAILURE",
	"NoSuchCloudWatchLogsLogGroup":             "there is no CloudWatch Logs: query logs are files",
	"NotAuthorizedException":                   "there is one account, which may associate its VPCs with its zones",
	"ThrottlingException":                      "requests above the rate are refused with Throttling, as the developer guide has it: TestThrottle",
}

// model is Route 53's API on a socket, before data planes that do nothing.
type model struct {
	*Room
	client *route53.Client
}

func newModel(t *testing.T) model {
	a, _ := openAPI(t, t.TempDir())
	mux := wire.NewMux(slog.New(slog.DiscardHandler))
	a.operations(mux)
	a.health.Operations(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return model{a, route53.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1, HTTPClient: patience.Client{},
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})}
}

// full writes rows as if they had been made, to reach a quota.
func full[R any](t *testing.T, a *Room, table *store.Table[R], n int, row func(i int) R) {
	t.Helper()
	err := a.DB.Update(func(tx *store.Tx) error {
		for i := range n {
			if err := table.Put(tx, fmt.Sprint("full", i), row(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// private makes a private zone for a VPC.
func (m model) private(t *testing.T, name, id string) string {
	t.Helper()
	z, err := makePrivate(t, m.Room, name, id)
	if err != nil {
		t.Fatal(err)
	}
	return request.Bare(z)
}

func (m model) key(t *testing.T, zone, name, status string) error {
	_, err := m.client.CreateKeySigningKey(t.Context(), newKSK(zone, name, status))
	return err
}

// second returns the error of the second of two calls.
func second[O any](call func() (O, error)) error {
	_, _ = call()
	_, err := call()
	return err
}

func errOf[O any](_ O, err error) error { return err }

const nobody = "00000000-0000-4000-8000-000000000000"

// provoked has a way to each error that can come up, with its status by the model.
var provoked = map[string]struct {
	status int
	by     func(t *testing.T, ctx context.Context, m model) error
}{
	"CidrBlockInUseException": {400, func(t *testing.T, ctx context.Context, m model) error {
		c := makeCollection(t, m.Room, "c")
		if err := m.cidrChange(t, c, cidrs("PUT", "here", "198.51.100.0/24")); err != nil {
			return err
		}
		return errOf(
			m.client.ChangeCidrCollection(
				ctx,
				&route53.ChangeCidrCollectionInput{Id: &c, Changes: []r53types.CidrCollectionChange{cidrs("PUT", "there", "198.51.100.0/24")}},
			),
		)
	}},
	"CidrCollectionAlreadyExistsException": {400, func(t *testing.T, ctx context.Context, m model) error {
		makeCollection(t, m.Room, "c")
		return errOf(m.client.CreateCidrCollection(ctx, &route53.CreateCidrCollectionInput{Name: aws.String("c"), CallerReference: aws.String("another")}))
	}},
	"CidrCollectionInUseException": {400, func(t *testing.T, ctx context.Context, m model) error {
		c := makeCollection(t, m.Room, "c")
		if err := m.cidrChange(t, c, cidrs("PUT", "here", "198.51.100.0/24")); err != nil {
			return err
		}
		return errOf(m.client.DeleteCidrCollection(ctx, &route53.DeleteCidrCollectionInput{Id: &c}))
	}},
	"CidrCollectionVersionMismatchException": {409, func(t *testing.T, ctx context.Context, m model) error {
		c := makeCollection(t, m.Room, "c")
		return errOf(
			m.client.ChangeCidrCollection(
				ctx,
				&route53.ChangeCidrCollectionInput{
					Id:                &c,
					CollectionVersion: aws.Int64(7),
					Changes:           []r53types.CidrCollectionChange{cidrs("PUT", "here", "198.51.100.0/24")},
				},
			),
		)
	}},
	"ConflictingDomainExists": {400, func(t *testing.T, ctx context.Context, m model) error {
		m.private(t, "example.com", vpc1)
		return errOf(
			m.client.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("example.com"), CallerReference: aws.String("r"), VPC: aVPC(vpc1)}),
		)
	}},
	"ConflictingTypes": {400, func(t *testing.T, ctx context.Context, m model) error {
		a, aaaa := makePolicy(
			t,
			m.Room,
			"a",
			oneEndpoint,
		), makePolicy(
			t,
			m.Room,
			"aaaa",
			`{"AWSPolicyFormatVersion":"2015-10-01","RecordType":"AAAA","StartEndpoint":"e","Endpoints":{"e":{"Type":"value","Value":"2001:db8::1"}}}`,
		)
		i, err := m.client.CreateTrafficPolicyInstance(ctx, newInstance(makeZone(t, m.Room, "example.com"), "www.example.com", a, 1))
		if err != nil {
			return err
		}
		return errOf(
			m.client.UpdateTrafficPolicyInstance(
				ctx,
				&route53.UpdateTrafficPolicyInstanceInput{Id: i.TrafficPolicyInstance.Id, TrafficPolicyId: &aaaa, TrafficPolicyVersion: aws.Int32(1), TTL: aws.Int64(60)},
			),
		)
	}},
	"DNSSECNotFound": {400, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.DisableHostedZoneDNSSEC(ctx, &route53.DisableHostedZoneDNSSECInput{HostedZoneId: aws.String(makeZone(t, m.Room, "example.com"))}))
	}},
	"DelegationSetAlreadyCreated": {400, func(_ *testing.T, ctx context.Context, m model) error {
		return second(func() (*route53.CreateReusableDelegationSetOutput, error) {
			return m.client.CreateReusableDelegationSet(ctx, &route53.CreateReusableDelegationSetInput{CallerReference: aws.String("r")})
		})
	}},
	"DelegationSetAlreadyReusable": {400, func(t *testing.T, ctx context.Context, m model) error {
		z := makeZone(t, m.Room, "example.com")
		if _, err := makeDelegationSet(t, m.Room, "r", z); err != nil {
			return err
		}
		return errOf(m.client.CreateReusableDelegationSet(ctx, &route53.CreateReusableDelegationSetInput{CallerReference: aws.String("another"), HostedZoneId: &z}))
	}},
	"DelegationSetInUse": {400, func(t *testing.T, ctx context.Context, m model) error {
		d, err := makeDelegationSet(t, m.Room, "r", makeZone(t, m.Room, "example.com"))
		if err != nil {
			return err
		}
		return errOf(m.client.DeleteReusableDelegationSet(ctx, &route53.DeleteReusableDelegationSetInput{Id: d.Id}))
	}},
	"HealthCheckAlreadyExists": {409, func(_ *testing.T, ctx context.Context, m model) error {
		port := int32(0)
		return second(func() (*route53.CreateHealthCheckOutput, error) {
			port++
			return m.client.CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{CallerReference: aws.String("r"), HealthCheckConfig: tcp("198.51.100.1", port)})
		})
	}},
	"HealthCheckVersionMismatch": {409, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.UpdateHealthCheck(ctx, &route53.UpdateHealthCheckInput{HealthCheckId: aws.String(makeCheck(t, m.Room)), HealthCheckVersion: aws.Int64(7)}),
		)
	}},
	"HostedZoneAlreadyExists": {409, func(_ *testing.T, ctx context.Context, m model) error {
		return second(func() (*route53.CreateHostedZoneOutput, error) {
			return m.client.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("example.com"), CallerReference: aws.String("r")})
		})
	}},
	"HostedZoneNotEmpty": {400, func(t *testing.T, ctx context.Context, m model) error {
		z := makeZone(t, m.Room, "example.com")
		if err := apply(t, m.Room, z, create(a1("www.example.com"))); err != nil {
			return err
		}
		return errOf(m.client.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: &z}))
	}},
	"HostedZoneNotFound": {400, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.CreateReusableDelegationSet(ctx, &route53.CreateReusableDelegationSetInput{CallerReference: aws.String("r"), HostedZoneId: aws.String("ZNONE")}),
		)
	}},
	"HostedZoneNotPrivate": {400, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.GetHostedZoneLimit(
				ctx,
				&route53.GetHostedZoneLimitInput{HostedZoneId: aws.String(makeZone(t, m.Room, "example.com")), Type: r53types.HostedZoneLimitTypeMaxVpcsAssociatedByZone},
			),
		)
	}},
	"InvalidArgument": {400, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.GetDNSSEC(ctx, &route53.GetDNSSECInput{HostedZoneId: aws.String(m.private(t, "example.com", vpc1))}))
	}},
	"InvalidChangeBatch": {400, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.ChangeResourceRecordSets(
				ctx,
				&route53.ChangeResourceRecordSetsInput{
					HostedZoneId: aws.String(makeZone(t, m.Room, "example.com")),
					ChangeBatch:  &r53types.ChangeBatch{Changes: []r53types.Change{remove(a1("www.example.com"))}},
				},
			),
		)
	}},
	"InvalidDomainName": {400, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("a..com"), CallerReference: aws.String("r")}))
	}},
	"InvalidInput": {400, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{HostedZoneId: aws.String("ZNONE")}))
	}},
	"InvalidKMSArn": {400, func(t *testing.T, ctx context.Context, m model) error {
		in := newKSK(makeZone(t, m.Room, "example.com"), "key", "ACTIVE")
		in.KeyManagementServiceArn = aws.String("arn:aws:kms:eu-west-1:111122223333:key/k")
		return errOf(m.client.CreateKeySigningKey(ctx, in))
	}},
	"InvalidKeySigningKeyName": {400, func(t *testing.T, _ context.Context, m model) error {
		return m.key(t, makeZone(t, m.Room, "example.com"), "no name", "ACTIVE")
	}},
	"InvalidKeySigningKeyStatus": {400, func(t *testing.T, _ context.Context, m model) error {
		return m.key(t, makeZone(t, m.Room, "example.com"), "key", "DELETING")
	}},
	"InvalidPaginationToken": {400, func(t *testing.T, ctx context.Context, m model) error {
		z := m.private(t, "example.com", vpc1)
		for _, err := range []error{
			errOf(m.client.ListVPCAssociationAuthorizations(ctx, &route53.ListVPCAssociationAuthorizationsInput{HostedZoneId: &z, NextToken: aws.String("x")})),
			errOf(m.client.ListQueryLoggingConfigs(ctx, &route53.ListQueryLoggingConfigsInput{NextToken: aws.String("x")})),
		} {
			if !as[*r53types.InvalidPaginationToken](err) {
				t.Errorf("a token that is none: %v", err)
			}
		}
		return errOf(
			m.client.ListHostedZonesByVPC(
				ctx,
				&route53.ListHostedZonesByVPCInput{VPCId: aws.String(vpc1), VPCRegion: r53types.VPCRegionUsEast1, NextToken: aws.String("x")},
			),
		)
	}},
	"InvalidTrafficPolicyDocument": {400, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.CreateTrafficPolicy(ctx, &route53.CreateTrafficPolicyInput{Name: aws.String("p"), Document: aws.String("{}")}))
	}},
	"InvalidVPCId": {400, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.AssociateVPCWithHostedZone(
				ctx,
				&route53.AssociateVPCWithHostedZoneInput{HostedZoneId: aws.String(m.private(t, "example.com", vpc1)), VPC: aVPC("vpc-none")},
			),
		)
	}},
	"KeySigningKeyAlreadyExists": {409, func(t *testing.T, _ context.Context, m model) error {
		z := makeZone(t, m.Room, "example.com")
		return second(func() (bool, error) { return true, m.key(t, z, "key", "ACTIVE") })
	}},
	"KeySigningKeyInParentDSRecord": {400, func(t *testing.T, ctx context.Context, m model) error {
		parent, child := makeZone(t, m.Room, "example.com"), makeZone(t, m.Room, "child.example.com")
		k, err := m.client.CreateKeySigningKey(ctx, newKSK(child, "key", "ACTIVE"))
		if err != nil {
			return err
		}
		ns, ds := set(
			"child.example.com",
			r53types.RRTypeNs,
			[]string{"ns-2048.awsdns-64.com."},
		), set(
			"child.example.com",
			r53types.RRTypeDs,
			[]string{*k.KeySigningKey.DSRecord},
		)
		if err := errors.Join(apply(t, m.Room, parent, create(ns), create(ds)),
			errOf(m.client.EnableHostedZoneDNSSEC(ctx, &route53.EnableHostedZoneDNSSECInput{HostedZoneId: &child}))); err != nil {
			return err
		}
		return errOf(m.client.DisableHostedZoneDNSSEC(ctx, &route53.DisableHostedZoneDNSSECInput{HostedZoneId: &child}))
	}},
	"KeySigningKeyInUse": {400, func(t *testing.T, ctx context.Context, m model) error {
		z := makeZone(t, m.Room, "example.com")
		if err := errors.Join(m.key(t, z, "key", "ACTIVE"),
			errOf(m.client.EnableHostedZoneDNSSEC(ctx, &route53.EnableHostedZoneDNSSECInput{HostedZoneId: &z}))); err != nil {
			return err
		}
		return errOf(m.client.DeactivateKeySigningKey(ctx, &route53.DeactivateKeySigningKeyInput{HostedZoneId: &z, Name: aws.String("key")}))
	}},
	"KeySigningKeyWithActiveStatusNotFound": {400, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.EnableHostedZoneDNSSEC(ctx, &route53.EnableHostedZoneDNSSECInput{HostedZoneId: aws.String(makeZone(t, m.Room, "example.com"))}))
	}},
	"LastVPCAssociation": {400, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.DisassociateVPCFromHostedZone(
				ctx,
				&route53.DisassociateVPCFromHostedZoneInput{HostedZoneId: aws.String(m.private(t, "example.com", vpc1)), VPC: aVPC(vpc1)},
			),
		)
	}},
	"LimitsExceeded": {400, func(t *testing.T, ctx context.Context, m model) error {
		full(t, m.Room, m.delegationSets, maxDelegationSets, func(i int) delegationSet { return delegationSet{Reference: fmt.Sprint(i)} })
		return errOf(m.client.CreateReusableDelegationSet(ctx, &route53.CreateReusableDelegationSetInput{CallerReference: aws.String("r")}))
	}},
	"NoSuchChange": {404, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.GetChange(ctx, &route53.GetChangeInput{Id: aws.String("CNONE")}))
	}},
	"NoSuchCidrCollectionException": {404, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.ListCidrLocations(ctx, &route53.ListCidrLocationsInput{CollectionId: aws.String(nobody)}))
	}},
	"NoSuchCidrLocationException": {404, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.ListCidrBlocks(ctx, &route53.ListCidrBlocksInput{CollectionId: aws.String(makeCollection(t, m.Room, "c")), LocationName: aws.String("nowhere")}),
		)
	}},
	"NoSuchDelegationSet": {400, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.GetReusableDelegationSet(ctx, &route53.GetReusableDelegationSetInput{Id: aws.String("NNONE")}))
	}},
	"NoSuchGeoLocation": {404, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.GetGeoLocation(ctx, &route53.GetGeoLocationInput{CountryCode: aws.String("XX")}))
	}},
	"NoSuchHealthCheck": {404, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: aws.String(nobody)}))
	}},
	"NoSuchHostedZone": {404, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: aws.String("ZNONE")}))
	}},
	"NoSuchKeySigningKey": {404, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.ActivateKeySigningKey(
				ctx,
				&route53.ActivateKeySigningKeyInput{HostedZoneId: aws.String(makeZone(t, m.Room, "example.com")), Name: aws.String("none")},
			),
		)
	}},
	"NoSuchQueryLoggingConfig": {404, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.GetQueryLoggingConfig(ctx, &route53.GetQueryLoggingConfigInput{Id: aws.String(nobody)}))
	}},
	"NoSuchTrafficPolicy": {404, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.GetTrafficPolicy(ctx, &route53.GetTrafficPolicyInput{Id: aws.String(nobody), Version: aws.Int32(1)}))
	}},
	"NoSuchTrafficPolicyInstance": {404, func(_ *testing.T, ctx context.Context, m model) error {
		return errOf(m.client.GetTrafficPolicyInstance(ctx, &route53.GetTrafficPolicyInstanceInput{Id: aws.String(nobody)}))
	}},
	"PriorRequestNotComplete": {400, func(t *testing.T, ctx context.Context, m model) error {
		z := makeZone(t, m.Room, "example.com")
		change := func() error {
			return errOf(
				m.client.ChangeResourceRecordSets(
					ctx,
					&route53.ChangeResourceRecordSetsInput{HostedZoneId: &z, ChangeBatch: &r53types.ChangeBatch{Changes: []r53types.Change{upsert(a1("www.example.com"))}}},
				),
			)
		}
		held, release := make(chan struct{}), make(chan struct{})
		go m.UpdateThen(func(*store.Tx) error { return nil }, func() { close(held); <-release })
		<-held // and so the first request cannot end
		first := make(chan error)
		go func() { first <- change() }()
		for _, begun := m.busy.Load(z); !begun; _, begun = m.busy.Load(z) {
			runtime.Gosched()
		}
		err := change()
		close(release)
		if err := <-first; err != nil {
			t.Error(err)
		}
		if err := change(); err != nil {
			t.Errorf("after the first: %v", err)
		}
		return err
	}},
	"PublicZoneVPCAssociation": {400, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.AssociateVPCWithHostedZone(
				ctx,
				&route53.AssociateVPCWithHostedZoneInput{HostedZoneId: aws.String(makeZone(t, m.Room, "example.com")), VPC: aVPC(vpc1)},
			),
		)
	}},
	"QueryLoggingConfigAlreadyExists": {409, func(t *testing.T, ctx context.Context, m model) error {
		z := makeZone(t, m.Room, "example.com")
		return second(func() (*route53.CreateQueryLoggingConfigOutput, error) {
			return m.client.CreateQueryLoggingConfig(ctx, &route53.CreateQueryLoggingConfigInput{HostedZoneId: &z, CloudWatchLogsLogGroupArn: aws.String(logGroupARN)})
		})
	}},
	"TooManyHealthChecks": {400, func(t *testing.T, ctx context.Context, m model) error {
		full(t, m.Room, m.Checks, checks.Quota, func(i int) checks.Check { return checks.Check{Reference: fmt.Sprint(i)} })
		return errOf(m.client.CreateHealthCheck(ctx, &route53.CreateHealthCheckInput{CallerReference: aws.String("r"), HealthCheckConfig: tcp("198.51.100.1", 80)}))
	}},
	"TooManyHostedZones": {400, func(t *testing.T, ctx context.Context, m model) error {
		full(t, m.Room, m.zones, maxZones, func(i int) zone { return zone{Reference: fmt.Sprint(i)} })
		return errOf(m.client.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("example.com"), CallerReference: aws.String("r")}))
	}},
	"TooManyKeySigningKeys": {400, func(t *testing.T, _ context.Context, m model) error {
		z := makeZone(t, m.Room, "example.com")
		if err := errors.Join(m.key(t, z, "one", "ACTIVE"), m.key(t, z, "two", "ACTIVE")); err != nil {
			return err
		}
		return m.key(t, z, "three", "ACTIVE")
	}},
	"TooManyTrafficPolicies": {400, func(t *testing.T, ctx context.Context, m model) error {
		full(t, m.Room, m.policies, maxPolicies, func(i int) trafficPolicy { return trafficPolicy{Name: fmt.Sprint(i)} })
		return errOf(m.client.CreateTrafficPolicy(ctx, &route53.CreateTrafficPolicyInput{Name: aws.String("p"), Document: aws.String(oneEndpoint)}))
	}},
	"TooManyTrafficPolicyInstances": {400, func(t *testing.T, ctx context.Context, m model) error {
		full(t, m.Room, m.instances, maxInstances, func(int) policyInstance { return policyInstance{} })
		return errOf(
			m.client.CreateTrafficPolicyInstance(ctx, newInstance(makeZone(t, m.Room, "example.com"), "www.example.com", makePolicy(t, m.Room, "p", oneEndpoint), 1)),
		)
	}},
	"TooManyTrafficPolicyVersionsForCurrentPolicy": {400, func(t *testing.T, ctx context.Context, m model) error {
		full(t, m.Room, m.policies, 1, func(int) trafficPolicy {
			return trafficPolicy{ID: "full0", Last: maxPolicyVersions}
		})
		return errOf(m.client.CreateTrafficPolicyVersion(ctx, &route53.CreateTrafficPolicyVersionInput{Id: aws.String("full0"), Document: aws.String(oneEndpoint)}))
	}},
	"TooManyVPCAssociationAuthorizations": {400, func(t *testing.T, ctx context.Context, m model) error {
		full(t, m.Room, m.zones, 1, func(int) zone {
			return zone{ID: "full0", VPCs: make([]vpc, 1), Authorized: make([]vpc, maxAuthorizations)}
		})
		return errOf(
			m.client.CreateVPCAssociationAuthorization(ctx, &route53.CreateVPCAssociationAuthorizationInput{HostedZoneId: aws.String("full0"), VPC: aVPC(vpc1)}),
		)
	}},
	"TrafficPolicyAlreadyExists": {409, func(_ *testing.T, ctx context.Context, m model) error {
		return second(func() (*route53.CreateTrafficPolicyOutput, error) {
			return m.client.CreateTrafficPolicy(ctx, &route53.CreateTrafficPolicyInput{Name: aws.String("p"), Document: aws.String(oneEndpoint)})
		})
	}},
	"TrafficPolicyInUse": {400, func(t *testing.T, ctx context.Context, m model) error {
		p := makePolicy(t, m.Room, "p", oneEndpoint)
		if _, err := m.client.CreateTrafficPolicyInstance(ctx, newInstance(makeZone(t, m.Room, "example.com"), "www.example.com", p, 1)); err != nil {
			return err
		}
		return errOf(m.client.DeleteTrafficPolicy(ctx, &route53.DeleteTrafficPolicyInput{Id: &p, Version: aws.Int32(1)}))
	}},
	"TrafficPolicyInstanceAlreadyExists": {409, func(t *testing.T, ctx context.Context, m model) error {
		in := newInstance(makeZone(t, m.Room, "example.com"), "www.example.com", makePolicy(t, m.Room, "p", oneEndpoint), 1)
		return second(func() (*route53.CreateTrafficPolicyInstanceOutput, error) {
			return m.client.CreateTrafficPolicyInstance(ctx, in)
		})
	}},
	"VPCAssociationAuthorizationNotFound": {404, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.DeleteVPCAssociationAuthorization(
				ctx,
				&route53.DeleteVPCAssociationAuthorizationInput{HostedZoneId: aws.String(m.private(t, "example.com", vpc1)), VPC: aVPC(vpc2)},
			),
		)
	}},
	"VPCAssociationNotFound": {404, func(t *testing.T, ctx context.Context, m model) error {
		return errOf(
			m.client.DisassociateVPCFromHostedZone(
				ctx,
				&route53.DisassociateVPCFromHostedZoneInput{HostedZoneId: aws.String(m.private(t, "example.com", vpc1)), VPC: aVPC(vpc2)},
			),
		)
	}},
}

func as[E error](err error) bool { var e E; return errors.As(err, &e) }

// TestErrorsOfTheModel meets each error of the API's model that can come up, with the SDK.
func TestErrorsOfTheModel(t *testing.T) {
	for code, c := range provoked {
		t.Run(code, func(t *testing.T) {
			err := c.by(t, t.Context(), newModel(t))
			var api smithy.APIError
			var response *awshttp.ResponseError
			if !errors.As(err, &api) || !errors.As(err, &response) {
				t.Fatalf("no answer of the API: %v", err)
			}
			if api.ErrorCode() != code || response.HTTPStatusCode() != c.status || api.ErrorMessage() == "" {
				t.Errorf("got %d %s: %q, want %d %s", response.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage(), c.status, code)
			}
			if reflect.TypeOf(api) == reflect.TypeFor[*smithy.GenericAPIError]() {
				t.Error("the SDK does not know its type")
			}
		})
	}
}

// TestEveryErrorIsKnown compares with the SDK's list of errors: its source, or a copy of it where UNDERSTUDY_ROUTE53_ERRORS
// says, for a user who may not read the cache of modules.
func TestEveryErrorIsKnown(t *testing.T) {
	fn := runtime.FuncForPC(reflect.ValueOf((*r53types.NoSuchHostedZone).ErrorCode).Pointer())
	source, _ := fn.FileLine(fn.Entry())
	source = cmp.Or(os.Getenv("UNDERSTUDY_ROUTE53_ERRORS"), source)
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the SDK's list of errors cannot be read from its source: %v", err)
		}
		t.Skipf("whether every error of the SDK is known is not judged: its source cannot be read: %v", err)
	}
	var have, want []string
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			want = append(want, g.Specs[0].(*ast.TypeSpec).Name.Name)
		}
	}
	for code := range provoked {
		have = append(have, code)
	}
	for code := range never {
		have = append(have, code)
	}
	slices.Sort(have)
	slices.Sort(want)
	if len(want) == 0 || !slices.Equal(have, want) {
		t.Errorf("known here\n%v\nof the SDK\n%v", have, want)
	}
}
