// Package quotas is Service Quotas in one region: how much an account may have of what the other services make. It tells the quotas that
// this cloud keeps to, and raises none.
package quotas

import (
	"slices"

	quotatypes "github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Room is Service Quotas of one region.
type Room struct {
	*room.Base
	quotas []room.Quota
}

// New makes the room of these quotas. It keeps no state.
func New(base *room.Base, quotas ...room.Quota) *Room { return &Room{base, quotas} }

// Operations registers the handlers.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.ServiceQuotas, "GetAWSDefaultServiceQuota", r.GetAWSDefaultServiceQuota)
	wire.Handle(m, wire.ServiceQuotas, "GetServiceQuota", r.GetServiceQuota)
	wire.Handle(m, wire.ServiceQuotas, "ListAWSDefaultServiceQuotas", r.ListAWSDefaultServiceQuotas)
	wire.Handle(m, wire.ServiceQuotas, "ListServiceQuotas", r.ListServiceQuotas)
	wire.Handle(m, wire.ServiceQuotas, "ListServices", r.ListServices)
}

// services are the names of the services, by their codes here.
var services = map[string]string{
	"autoscaling":          "Amazon EC2 Auto Scaling",
	"ec2":                  "Amazon Elastic Compute Cloud (Amazon EC2)",
	"elasticloadbalancing": "Elastic Load Balancing (ELB)",
	"monitoring":           "Amazon CloudWatch",
	"vpc":                  "Amazon Virtual Private Cloud (Amazon VPC)",
}

// applied shows a quota as it holds for the account. The ARN of a default has no account, since it is everybody's.
func (r *Room) applied(q room.Quota) quotatypes.ServiceQuota {
	shown := r.show(q, r.Account, r.Quota(q))
	shown.QuotaAppliedAtLevel = quotatypes.AppliedLevelEnumAccount
	return shown
}

func (r *Room) usual(q room.Quota) quotatypes.ServiceQuota { return r.show(q, "", q.Default) }

func (r *Room) show(q room.Quota, account string, value int) quotatypes.ServiceQuota {
	return quotatypes.ServiceQuota{
		ServiceCode: new(q.Service), ServiceName: new(services[q.Service]), QuotaCode: new(q.Code), QuotaName: new(q.Name),
		QuotaArn: new("arn:aws:servicequotas:" + r.Region + ":" + account + ":" + q.Service + "/" + q.Code),
		Value:    new(float64(value)), Unit: new("None"), Adjustable: true,
	}
}

// of returns the quotas of a service.
func (r *Room) of(service *string) ([]room.Quota, error) {
	if services[room.Deref(service)] == "" {
		return nil, noSuch("service", room.Deref(service))
	}
	return slices.DeleteFunc(slices.Clone(r.quotas), func(q room.Quota) bool { return q.Service != *service }), nil
}

func (r *Room) find(service, code *string) (room.Quota, error) {
	all, err := r.of(service)
	if err != nil {
		return room.Quota{}, err
	}
	i := slices.IndexFunc(all, func(q room.Quota) bool { return q.Code == room.Deref(code) })
	if i < 0 {
		return room.Quota{}, noSuch("quota", room.Deref(code))
	}
	return all[i], nil
}

// noSuch is also the answer to what AWS has a quota of and this cloud has none.
func noSuch(what, code string) error {
	return wire.Errorf("NoSuchResourceException", "The specified %s does not exist, or this cloud does not keep to it: %s", what, code)
}
