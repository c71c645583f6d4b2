// Package endpoint knows the names at which AWS's services answer ("AWS service endpoints", AWS General Reference), of the
// services that a cloud has.
package endpoint

import (
	"slices"
	"strings"

	"github.com/understudy/understudy/cloud/internal/partition"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// The domains of the partition aws: the usual one, and that of names with IPv6 addresses beside the others.
const (
	usual     = ".amazonaws.com"
	dualStack = ".api.aws"
	private   = ".vpce" + usual // of interface endpoints
)

// Domains are those that all names are in.
var Domains = []string{usual[1:], dualStack[1:]}

// worldwide are the services that answer at a name without a region; of the regional ones STS and EC2 alone do.
var worldwide = []*wire.Service{wire.IAM, wire.Route53, wire.STS, wire.EC2}

// Regional are the services that answer in every region, which are those that interface endpoints lead to: of APIs with one name,
// as Elastic Load Balancing's, the newest.
func Regional() []*wire.Service {
	return slices.DeleteFunc(slices.Clone(wire.Services), func(s *wire.Service) bool { return s.Global() || wire.ServiceNamed(s.SigningName) != s })
}

// InRegion is the name of a regional service in a region.
func InRegion(s *wire.Service, region string) string { return s.SigningName + "." + region + usual }

// Private is the domain of the names that interface endpoints of a service have in a region, each with one label before it
// ("DNS names for interface endpoints", AWS PrivateLink guide).
func Private(s *wire.Service, region string) string { return s.SigningName + "." + region + private }

// Known tells whether a service answers at a name, in any case and with or without its last dot; of interface endpoints it
// knows the domains, not which there are.
func Known(name string) bool { return Certified(name) != "" }

// Public tells whether a name is one that a service has on the internet.
func Public(name string) bool {
	certified := Certified(name)
	return certified != "" && !strings.HasPrefix(certified, "*")
}

// Certified is the name that the certificate for a name has: the name itself or, of an interface endpoint's, its domain with a
// wildcard, so that there are only as many as services and regions; empty for a name at which no service answers.
func Certified(name string) string {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if rest, ok := strings.CutSuffix(name, private); ok {
		_, domain, _ := strings.Cut(rest, ".")
		if service, region, ok := strings.Cut(domain, "."); ok && regional(service, region) {
			return "*." + domain + private
		}
		return ""
	}
	rest, ok := strings.CutSuffix(name, usual)
	if !ok {
		if rest, ok = strings.CutSuffix(name, dualStack); !ok {
			return ""
		}
	}
	service, region, inRegion := strings.Cut(rest, ".")
	switch {
	case !inRegion:
		ok = strings.HasSuffix(name, usual) && slices.Contains(worldwide, wire.ServiceNamed(service))
	case region == "global":
		ok = strings.HasSuffix(name, dualStack) && (service == wire.IAM.SigningName || service == wire.Route53.SigningName)
	case service == wire.RecoveryControl.SigningName:
		ok = region == "us-west-2"
	default:
		ok = regional(strings.TrimSuffix(service, "-fips"), region)
	}
	if !ok {
		return ""
	}
	return name
}

func regional(service, region string) bool {
	s := wire.ServiceNamed(service)
	return s != nil && !s.Global() && partition.Has(region)
}
