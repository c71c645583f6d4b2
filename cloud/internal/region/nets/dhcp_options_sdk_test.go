package nets_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/regiontest"
	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func option(key string, values ...string) ec2types.NewDhcpConfiguration {
	return ec2types.NewDhcpConfiguration{Key: &key, Values: values}
}

func TestVPCGetsDHCPOptions(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	vpc, subnet := d.VPC("10.0.0.0/16", "10.0.1.0/24", false)
	set := roomtest.Must(d.CreateDhcpOptions(ctx, &ec2.CreateDhcpOptionsInput{DhcpConfigurations: []ec2types.NewDhcpConfiguration{
		option("domain-name", "corp.test"), option("domain-name-servers", "10.0.9.9", "AmazonProvidedDNS"), option("ntp-servers", "10.0.9.8,10.0.9.7"),
	}}))(t).DhcpOptions
	id := set.DhcpOptionsId
	if len(set.DhcpConfigurations) != 3 || *set.DhcpConfigurations[2].Key != "ntp-servers" || *set.DhcpConfigurations[2].Values[1].Value != "10.0.9.7" {
		t.Errorf("made %+v", set)
	}
	associate := func(id string) error {
		_, err := d.AssociateDhcpOptions(ctx, &ec2.AssociateDhcpOptionsInput{DhcpOptionsId: &id, VpcId: &vpc})
		return err
	}
	if err := associate(*id); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	found := roomtest.Must(d.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: regiontest.Where("dhcp-options-id", *id)}))(t).Vpcs
	if len(found) != 1 || *found[0].VpcId != vpc || *found[0].DhcpOptionsId != *id {
		t.Errorf("associated: %+v", found)
	}
	machine, _ := d.Machine(d.Run(subnet, 1)[0])
	if s := machine.Spec; s.Domain != "corp.test" || len(s.Resolvers) != 2 || s.Resolvers[0].String() != "10.0.9.9" || s.Resolvers[1].String() != "10.0.0.2" {
		t.Errorf("the instance is told %v, %q", s.Resolvers, s.Domain)
	}
	remove := func(id *string) error {
		_, err := d.DeleteDhcpOptions(ctx, &ec2.DeleteDhcpOptionsInput{DhcpOptionsId: id})
		return err
	}
	roomtest.WantAPIError(t, remove(id), "DependencyViolation")
	if err := associate("default"); err != nil {
		t.Fatal(err)
	}
	machine, _ = d.Machine(d.Run(subnet, 1)[0])
	if s := machine.Spec; len(s.Resolvers) != 0 {
		t.Errorf("without options the instance is told %v", s.Resolvers)
	}
	if err := remove(id); err != nil {
		t.Fatal(err)
	}
	roomtest.WantAPIError(t, associate(*id), "InvalidDhcpOptionID.NotFound")
	listed := roomtest.Must(d.DescribeDhcpOptions(ctx, &ec2.DescribeDhcpOptionsInput{}))(t).DhcpOptions
	if len(listed) != 1 {
		t.Errorf("left: %+v", listed)
	}
	roomtest.WantAPIError(t, remove(listed[0].DhcpOptionsId), "DependencyViolation") // the default set
	if err := associate(*listed[0].DhcpOptionsId); err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]ec2types.NewDhcpConfiguration{
		"unknown": option("colour", "red"), "no address": option("ntp-servers", "time.test"),
		"too many":  option("domain-name-servers", "1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5"),
		"node type": option("netbios-node-type", "3"), "empty": option("domain-name"),
	} {
		_, err := d.CreateDhcpOptions(ctx, &ec2.CreateDhcpOptionsInput{DhcpConfigurations: []ec2types.NewDhcpConfiguration{bad}})
		t.Run(name, func(t *testing.T) { roomtest.WantAPIError(t, err, "InvalidParameterValue") })
	}
}
