package balancing

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/plan/resource"
)

// balancerDefaults are the attributes of a load balancer that a declaration says nothing about, with the values that AWS
// gives a new one (Elastic Load Balancing User Guide, "Edit attributes for your Application Load Balancer").
var balancerDefaults = map[string]string{
	"deletion_protection.enabled":                              "false",
	"idle_timeout.timeout_seconds":                             "60",
	"client_keep_alive.seconds":                                "3600",
	"routing.http2.enabled":                                    "true",
	"routing.http.drop_invalid_header_fields.enabled":          "false",
	"routing.http.desync_mitigation_mode":                      "defensive",
	"routing.http.preserve_host_header.enabled":                "false",
	"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
	"routing.http.xff_client_port.enabled":                     "false",
	"routing.http.xff_header_processing.mode":                  "append",
	"waf.fail_open.enabled":                                    "false",
	"load_balancing.cross_zone.enabled":                        "true",
}

// leftAlone are attributes that a person may have set for reasons that are a region's own, with the values that AWS gives a new
// load balancer (LoadBalancerAttribute in the Elastic Load Balancing API Reference): logs go to a bucket of their region, and to turn
// zonal shifts off ends one that is under way.
var leftAlone = map[string]string{
	"access_logs.s3.enabled": "false", "connection_logs.s3.enabled": "false", "health_check_logs.s3.enabled": "false",
	"zonal_shift.config.enabled": "false",
}

const protectedAttribute = "deletion_protection.enabled"

// wants are the attributes that a load balancer is to have, but for those of leftAlone.
func (b *Balancer) wants() map[string]string {
	declared, all := b.Declared.Balancer, maps.Clone(b.defaults())
	all[protectedAttribute] = strconv.FormatBool(declared.DeletionProtection)
	if Flows(b.Scope) {
		all["load_balancing.cross_zone.enabled"] = strconv.FormatBool(declared.CrossZone)
		return all
	}
	all["idle_timeout.timeout_seconds"] = strconv.Itoa(declared.IdleTimeout)
	all["routing.http2.enabled"] = strconv.FormatBool(declared.HTTP2)
	all["routing.http.drop_invalid_header_fields.enabled"] = strconv.FormatBool(declared.DropInvalidHeaders)
	all["routing.http.desync_mitigation_mode"] = declared.Desync
	return all
}

// logKind is a log that a load balancer can keep.
type logKind struct {
	name, attribute string
	of              func(understudy.Balancer) understudy.Logs
}

var logKinds = []logKind{
	{"access", "access_logs.s3", func(b understudy.Balancer) understudy.Logs { return b.AccessLogs }},
	{"connection", "connection_logs.s3", func(b understudy.Balancer) understudy.Logs { return b.ConnectionLogs }},
}

// logsTag names the logs that a declaration has a load balancer keep, so that one that is no longer declared ends, and what somebody else
// turned on stays.
const logsTag = "understudy:logs"

// declares returns the kinds of logs that are declared, as logsTag has them.
func (b *Balancer) declares() string {
	var names []string
	for _, k := range logKinds {
		if k.of(b.Declared.Balancer).Declared() {
			names = append(names, k.name)
		}
	}
	return strings.Join(names, " ")
}

// noted tells whether a load balancer's log is the declaration's, or was that of an earlier one.
func (b *Balancer) noted(k logKind, tags map[string]string) bool {
	return k.of(b.Declared.Balancer).Declared() || slices.Contains(strings.Fields(tags[logsTag]), k.name)
}

// undeclared returns the attributes that no declaration has a say in.
func (b *Balancer) undeclared(attributes, tags map[string]string) map[string]string {
	others := maps.Clone(attributes)
	for _, k := range logKinds {
		if b.noted(k, tags) {
			delete(others, k.attribute+".enabled")
		}
	}
	return others
}

// wantsOfLogs are the attributes of the logs that are declared, and of those that are so no longer.
func (b *Balancer) wantsOfLogs(tags map[string]string) map[string]string {
	all := map[string]string{}
	for _, k := range logKinds {
		switch l := k.of(b.Declared.Balancer); {
		case l.Declared():
			all[k.attribute+".enabled"], all[k.attribute+".bucket"], all[k.attribute+".prefix"] = "true", l.Buckets[b.Side], l.Prefix
		case b.noted(k, tags):
			all[k.attribute+".enabled"] = "false"
		}
	}
	return all
}

func (b *Balancer) declaredLogs() string {
	return b.ownLogs(b.wantsOfLogs(nil), map[string]string{logsTag: b.declares()})
}

// ownLogs renders a load balancer's logs that are the declaration's, or were.
func (b *Balancer) ownLogs(attributes, tags map[string]string) string {
	var texts []string
	for _, k := range logKinds {
		if b.noted(k, tags) && attributes[k.attribute+".enabled"] == "true" {
			texts = append(texts, k.name+" to "+path.Join(attributes[k.attribute+".bucket"], attributes[k.attribute+".prefix"]))
		}
	}
	if kept := tags[logsTag]; kept != b.declares() {
		texts = append(texts, logsTag+"="+kept)
	}
	return resource.Set(texts...)
}

// setAttributes sets what is otherwise than declared. Nil is a new load balancer. The tag that tells of logs comes before they begin, and
// goes after they ended.
func (b *Balancer) setAttributes(ctx context.Context, now map[string]string) error {
	var tags map[string]string
	if now != nil {
		var err error
		if tags, err = b.TagsOfELB(ctx, b.ARN); err != nil {
			return fmt.Errorf("describe tags of %s: %w", b.ARN, err)
		}
	}
	kinds := b.declares()
	meanwhile := strings.Join(slices.Compact(slices.Sorted(slices.Values(strings.Fields(kinds+" "+tags[logsTag])))), " ")
	if meanwhile != tags[logsTag] {
		if err := b.tagLogs(ctx, meanwhile); err != nil {
			return err
		}
	}
	set := toSet(b.wants(), now, b.defaults())
	maps.Copy(set, toSet(b.wantsOfLogs(tags), now, leftAlone))
	if len(set) > 0 {
		in := &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &b.ARN}
		for _, key := range slices.Sorted(maps.Keys(set)) {
			in.Attributes = append(in.Attributes, elbtypes.LoadBalancerAttribute{Key: aws.String(key), Value: aws.String(set[key])})
		}
		if _, err := b.ELB.ModifyLoadBalancerAttributes(ctx, in); err != nil {
			return fmt.Errorf("set attributes of %s: %w", b.ARN, err)
		}
	}
	if meanwhile == kinds {
		return nil
	}
	return b.tagLogs(ctx, kinds)
}

// tagLogs writes the tag, or takes it away where it would say nothing.
func (b *Balancer) tagLogs(ctx context.Context, kinds string) (err error) {
	if kinds == "" {
		_, err = b.ELB.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{b.ARN}, TagKeys: []string{logsTag}})
	} else {
		_, err = b.ELB.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{b.ARN}, Tags: []elbtypes.Tag{{Key: aws.String(logsTag), Value: &kinds}}})
	}
	if err != nil {
		return fmt.Errorf("tag %s: %w", b.ARN, err)
	}
	return nil
}

// release ends the protection of a load balancer of an earlier network, which goes as declared.
func (b *Balancer) release(ctx context.Context) error {
	if !b.VPC.Leaving || !b.Declared.Balancer.DeletionProtection {
		return nil
	}
	_, err := b.ELB.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
		LoadBalancerArn: &b.ARN, Attributes: []elbtypes.LoadBalancerAttribute{{Key: aws.String(protectedAttribute), Value: aws.String("false")}},
	})
	if err != nil {
		return fmt.Errorf("end the protection of %s: %w", b.ARN, err)
	}
	return nil
}
