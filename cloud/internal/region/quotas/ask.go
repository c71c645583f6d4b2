package quotas

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// GetServiceQuota tells the value of a quota that is applied.
func (r *Room) GetServiceQuota(_ context.Context, in *servicequotas.GetServiceQuotaInput) (*servicequotas.GetServiceQuotaOutput, error) {
	if err := room.Only(in, "QuotaCode", "ServiceCode"); err != nil {
		return nil, err
	}
	q, err := r.find(in.ServiceCode, in.QuotaCode)
	if err != nil {
		return nil, err
	}
	return &servicequotas.GetServiceQuotaOutput{Quota: new(r.applied(q))}, nil
}

// GetAWSDefaultServiceQuota tells the value that AWS gives a new account.
func (r *Room) GetAWSDefaultServiceQuota(
	_ context.Context, in *servicequotas.GetAWSDefaultServiceQuotaInput,
) (*servicequotas.GetAWSDefaultServiceQuotaOutput, error) {
	if err := room.Only(in, "QuotaCode", "ServiceCode"); err != nil {
		return nil, err
	}
	q, err := r.find(in.ServiceCode, in.QuotaCode)
	if err != nil {
		return nil, err
	}
	return &servicequotas.GetAWSDefaultServiceQuotaOutput{Quota: new(r.usual(q))}, nil
}

// ListServiceQuotas lists a service's quotas that are applied to the account; there are none of single resources.
func (r *Room) ListServiceQuotas(_ context.Context, in *servicequotas.ListServiceQuotasInput) (*servicequotas.ListServiceQuotasOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken", "QuotaAppliedAtLevel", "QuotaCode", "ServiceCode"); err != nil {
		return nil, err
	}
	all, err := r.of(in.ServiceCode)
	if err != nil {
		return nil, err
	}
	var found []quotatypes.ServiceQuota
	for _, q := range all {
		if in.QuotaAppliedAtLevel != quotatypes.AppliedLevelEnumResource && (in.QuotaCode == nil || q.Code == *in.QuotaCode) {
			found = append(found, r.applied(q))
		}
	}
	out := &servicequotas.ListServiceQuotasOutput{}
	out.Quotas, out.NextToken, err = page(found, quotaCode, in.MaxResults, in.NextToken)
	return out, err
}

// ListAWSDefaultServiceQuotas lists the values that AWS gives a new account.
func (r *Room) ListAWSDefaultServiceQuotas(
	_ context.Context, in *servicequotas.ListAWSDefaultServiceQuotasInput,
) (*servicequotas.ListAWSDefaultServiceQuotasOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken", "ServiceCode"); err != nil {
		return nil, err
	}
	all, err := r.of(in.ServiceCode)
	if err != nil {
		return nil, err
	}
	var found []quotatypes.ServiceQuota
	for _, q := range all {
		found = append(found, r.usual(q))
	}
	out := &servicequotas.ListAWSDefaultServiceQuotasOutput{}
	out.Quotas, out.NextToken, err = page(found, quotaCode, in.MaxResults, in.NextToken)
	return out, err
}

// ListServices lists the services whose quotas are told.
func (r *Room) ListServices(_ context.Context, in *servicequotas.ListServicesInput) (*servicequotas.ListServicesOutput, error) {
	if err := room.Only(in, "MaxResults", "NextToken"); err != nil {
		return nil, err
	}
	var found []quotatypes.ServiceInfo
	for code, name := range services {
		found = append(found, quotatypes.ServiceInfo{ServiceCode: &code, ServiceName: &name})
	}
	out := &servicequotas.ListServicesOutput{}
	var err error
	out.Services, out.NextToken, err = page(found, func(s quotatypes.ServiceInfo) string { return *s.ServiceCode }, in.MaxResults, in.NextToken)
	return out, err
}

func quotaCode(q quotatypes.ServiceQuota) string { return *q.QuotaCode }

// The model of Service Quotas knows tokens in the first alphabet of base 64 alone (RFC 4648, 4).
var toTheirs, toOurs = strings.NewReplacer("-", "+", "_", "/"), strings.NewReplacer("+", "-", "/", "_")

// page cuts a listing. Other sizes break the model's constraints.
func page[T any](rows []T, key func(T) string, size *int32, token *string) ([]T, *string, error) {
	ours := toOurs.Replace(room.Deref(token))
	rows, next, err := room.Page(rows, key, size, &ours, room.Paging{
		Usual: 100, Least: 1, Most: 100,
		BadToken: func(string) error {
			return wire.Errorf("InvalidPaginationTokenException", "Invalid token was provided.")
		},
	})
	if next != nil {
		*next = toTheirs.Replace(*next)
	}
	return room.Listed(rows), next, err
}
