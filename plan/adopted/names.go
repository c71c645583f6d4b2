package adopted

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/balancing"
	"github.com/understudy/understudy/plan/failover"
	"github.com/understudy/understudy/plan/resource"
)

// Records and health checks that others made, and the default versions of their launch templates.

// askSettings put a health check's settings into the call that changes them (UpdateHealthCheck in the Amazon Route 53 API Reference). The type,
// the interval and whether latency is measured never change.
var askSettings = map[string]func(in *route53.UpdateHealthCheckInput, value string, number int32){
	"asks":      func(in *route53.UpdateHealthCheckInput, v string, _ int32) { in.FullyQualifiedDomainName = &v },
	"address":   func(in *route53.UpdateHealthCheckInput, v string, _ int32) { in.IPAddress = &v },
	"path":      func(in *route53.UpdateHealthCheckInput, v string, _ int32) { in.ResourcePath = &v },
	"looks for": func(in *route53.UpdateHealthCheckInput, v string, _ int32) { in.SearchString = &v },
	"port":      func(in *route53.UpdateHealthCheckInput, _ string, n int32) { in.Port = &n },
	"threshold": func(in *route53.UpdateHealthCheckInput, _ string, n int32) { in.FailureThreshold = &n },
	"healthy children": func(in *route53.UpdateHealthCheckInput, _ string, n int32) {
		in.HealthThreshold = &n
	},
	"children": func(in *route53.UpdateHealthCheckInput, v string, _ int32) {
		in.ChildHealthChecks = strings.Split(v, ", ")
	},
	"inverted": func(in *route53.UpdateHealthCheckInput, v string, _ int32) {
		in.Inverted = aws.Bool(v == resource.Yes(true))
	},
	"disabled": func(in *route53.UpdateHealthCheckInput, v string, _ int32) {
		in.Disabled = aws.Bool(v == resource.Yes(true))
	},
	"names the server": func(in *route53.UpdateHealthCheckInput, v string, _ int32) {
		in.EnableSNI = aws.Bool(v == resource.Yes(true))
	},
	"checkers in": func(in *route53.UpdateHealthCheckInput, v string, _ int32) {
		if v == failover.AllRegions {
			in.ResetElements = []route53types.ResettableElementName{route53types.ResettableElementNameRegions}
			return
		}
		for region := range strings.SplitSeq(v, ", ") {
			in.Regions = append(in.Regions, route53types.HealthCheckRegion(region))
		}
	},
}

func knowsCheck(name, value string) error {
	if askSettings[name] == nil {
		return fmt.Errorf("%s is no setting of health checks that can be held", name)
	}
	switch name {
	case settingPort, "threshold", "healthy children":
		return wholeNumber(name, value)
	case "inverted", "disabled", "names the server":
		return yesOrNo(name, value)
	}
	return nil
}

func yesOrNo(name, value string) error {
	if value != resource.Yes(true) && value != resource.Yes(false) {
		return fmt.Errorf("%s: found %q; allowed: %s or %s", name, value, resource.Yes(true), resource.Yes(false))
	}
	return nil
}

func readAdoptedCheck(ctx context.Context, a *account.Account, id string) (map[string]string, error) {
	out, err := a.Route53.GetHealthCheck(ctx, &route53.GetHealthCheckInput{HealthCheckId: &id})
	if account.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c, settings := out.HealthCheck.HealthCheckConfig, map[string]string{}
	fields := append(failover.FieldsOfCheck(c), resource.Field{Name: "address", Value: aws.ToString(c.IPAddress)})
	for _, f := range fields {
		if askSettings[f.Name] != nil && f.Value != "" && !(f.Name == settingPort && c.Port == nil) {
			settings[f.Name] = f.Value
		}
	}
	return settings, nil
}

func writeAdoptedCheck(ctx context.Context, a *account.Account, id string, wanted, _ map[string]string) error {
	in := &route53.UpdateHealthCheckInput{HealthCheckId: &id}
	for name, value := range wanted {
		n, _ := strconv.ParseInt(value, 10, 32) // knowsCheck has seen those that are numbers
		askSettings[name](in, value, int32(n))
	}
	_, err := a.Route53.UpdateHealthCheck(ctx, in)
	return err
}

// answerSettings put a record set's settings into it. By which policy it is chosen never changes.
var answerSettings = map[string]func(r *route53types.ResourceRecordSet, value string, number int64) error{
	"leads to": func(r *route53types.ResourceRecordSet, v string, _ int64) error {
		dns, zone, _ := strings.Cut(v, " in ")
		if r.AliasTarget == nil {
			return errors.New("it is no alias any more")
		}
		r.AliasTarget.DNSName, r.AliasTarget.HostedZoneId = &dns, &zone
		return nil
	},
	"evaluates target": func(r *route53types.ResourceRecordSet, v string, _ int64) error {
		if r.AliasTarget == nil {
			return errors.New("it is no alias any more")
		}
		r.AliasTarget.EvaluateTargetHealth = v == resource.Yes(true)
		return nil
	},
	"health check": func(r *route53types.ResourceRecordSet, v string, _ int64) error {
		if r.HealthCheckId = &v; v == noCheck {
			r.HealthCheckId = nil
		}
		return nil
	},
	"weight": func(r *route53types.ResourceRecordSet, _ string, n int64) error { r.Weight = &n; return nil },
	"region": func(r *route53types.ResourceRecordSet, v string, _ int64) error {
		r.Region = route53types.ResourceRecordSetRegion(v)
		return nil
	},
	"failover": func(r *route53types.ResourceRecordSet, v string, _ int64) error {
		r.Failover = route53types.ResourceRecordSetFailover(v)
		return nil
	},
	"ttl": func(r *route53types.ResourceRecordSet, _ string, n int64) error { r.TTL = &n; return nil },
	"values": func(r *route53types.ResourceRecordSet, v string, _ int64) (err error) {
		r.ResourceRecords, err = parseJSON[[]route53types.ResourceRecord](v)
		return err
	},
}

const noCheck = "none"

func knowsRecord(name, value string) error {
	switch name {
	case "weight", "ttl":
		return wholeNumber(name, value)
	case "evaluates target":
		return yesOrNo(name, value)
	case "values":
		_, err := parseJSON[[]route53types.ResourceRecord](value)
		return err
	}
	if answerSettings[name] == nil {
		return fmt.Errorf("%s is no setting of records that can be held", name)
	}
	return nil
}

// answerOfID finds a record set by what makes it one: its zone, name, type, and identifier where it has one.
func answerOfID(ctx context.Context, a *account.Account, id string) (zone string, r *route53types.ResourceRecordSet, err error) {
	parts := strings.SplitN(id, " ", 4)
	if len(parts) < 3 {
		return "", nil, fmt.Errorf("%q is no record: its zone's id, name, type and identifier are", id)
	}
	in := &route53.ListResourceRecordSetsInput{HostedZoneId: &parts[0], StartRecordName: &parts[1], StartRecordType: route53types.RRType(parts[2])}
	identifier := ""
	if len(parts) == 4 {
		identifier = parts[3]
		in.StartRecordIdentifier = &identifier
	}
	out, err := a.Route53.ListResourceRecordSets(ctx, in)
	if account.IsNotFound(err) {
		return "", nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	for _, one := range out.ResourceRecordSets {
		if balancing.SameName(aws.ToString(one.Name), parts[1]) && string(one.Type) == parts[2] && aws.ToString(one.SetIdentifier) == identifier {
			return parts[0], &one, nil
		}
	}
	return "", nil, nil
}

func readAdoptedRecord(ctx context.Context, a *account.Account, id string) (map[string]string, error) {
	_, r, err := answerOfID(ctx, a, id)
	if err != nil || r == nil {
		return nil, err
	}
	settings := map[string]string{"health check": noCheck}
	if r.HealthCheckId != nil {
		settings["health check"] = *r.HealthCheckId
	}
	if to := r.AliasTarget; to != nil {
		settings["leads to"] = aws.ToString(to.DNSName) + " in " + aws.ToString(to.HostedZoneId)
		settings["evaluates target"] = resource.Yes(to.EvaluateTargetHealth)
	} else {
		settings["ttl"], settings["values"] = strconv.FormatInt(aws.ToInt64(r.TTL), 10), jsonOf(r.ResourceRecords)
	}
	if r.Weight != nil {
		settings["weight"] = strconv.FormatInt(*r.Weight, 10)
	}
	if r.Region != "" {
		settings["region"] = string(r.Region)
	}
	if r.Failover != "" {
		settings["failover"] = string(r.Failover)
	}
	return settings, nil
}

// writeAdoptedRecord changes the record set as it stands, so that what is not held stays.
func writeAdoptedRecord(ctx context.Context, a *account.Account, id string, wanted, _ map[string]string) error {
	zone, r, err := answerOfID(ctx, a, id)
	if err == nil && r == nil {
		err = errors.New("it is gone")
	}
	if err != nil {
		return err
	}
	for name, value := range wanted {
		n, _ := strconv.ParseInt(value, 10, 64) // knowsRecord has seen those that are numbers
		if err := answerSettings[name](r, value, n); err != nil {
			return err
		}
	}
	_, err = a.Route53.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{HostedZoneId: &zone, ChangeBatch: &route53types.ChangeBatch{
		Changes: []route53types.Change{{Action: route53types.ChangeActionUpsert, ResourceRecordSet: r}},
	}})
	return err
}

const settingDefault = "default version"

func knowsTemplate(name, value string) error {
	if name != settingDefault {
		return fmt.Errorf("%s is no setting of launch templates that can be held: %s is, and versions never change", name, settingDefault)
	}
	return wholeNumber(name, value)
}

func readAdoptedTemplate(ctx context.Context, a *account.Account, id string) (map[string]string, error) {
	out, err := a.EC2.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{LaunchTemplateIds: []string{id}})
	if account.IsNotFound(err) || err == nil && len(out.LaunchTemplates) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return map[string]string{settingDefault: strconv.FormatInt(aws.ToInt64(out.LaunchTemplates[0].DefaultVersionNumber), 10)}, nil
}

func writeAdoptedTemplate(ctx context.Context, a *account.Account, id string, wanted, _ map[string]string) error {
	_, err := a.EC2.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateId: &id, DefaultVersion: aws.String(wanted[settingDefault])})
	return err
}
