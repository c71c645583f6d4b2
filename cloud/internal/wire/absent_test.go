package wire

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// What has no value in a request of EC2 is absent, in structures and their lists too, and is a value where that means something.
func TestEmptyParametersAreAbsent(t *testing.T) {
	form := url.Values{"Action": {"RunInstances"}, "Placement.AvailabilityZone": {""}, "SubnetId": {""}, "KeyName": {"k"},
		"NetworkInterface.1.SubnetId": {""}, "TagSpecification.1.Tag.1.Key": {"k"}, "TagSpecification.1.Tag.1.Value": {""},
	}
	r := httptest.NewRequest("POST", "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	op, err := ec2Codec{}.operation(EC2, r)
	if err != nil {
		t.Fatal(err)
	}
	var in ec2.RunInstancesInput
	v := reflect.ValueOf(&in).Elem()
	form.Set("MinCount", "1")
	form.Set("MaxCount", "1")
	if err := EC2.decodeForm(op, form, v); err != nil {
		t.Fatal(err)
	}
	EC2.dropEmpty(op, v)
	if in.Placement.AvailabilityZone != nil || in.SubnetId != nil || in.NetworkInterfaces[0].SubnetId != nil {
		t.Errorf("not absent: %v, %v, %v", in.Placement.AvailabilityZone, in.SubnetId, in.NetworkInterfaces[0].SubnetId)
	}
	if in.KeyName == nil || in.TagSpecifications[0].Tags[0].Value == nil {
		t.Errorf("absent: the key's name %v, the tag's value %v", in.KeyName, in.TagSpecifications[0].Tags[0].Value)
	}
}

// The SDKs send with CopySnapshot the region that they send it to, in a member that the Go SDK's input does not show.
func TestWhatClientsFillInIsNoUnknownParameter(t *testing.T) {
	form := url.Values{"SourceRegion": {"us-east-1"}, "SourceSnapshotId": {"snap-1"}, "DestinationRegion": {"us-west-2"}}
	r := httptest.NewRequest("POST", "/", strings.NewReader("Action=CopySnapshot"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	op, err := ec2Codec{}.operation(EC2, r)
	if err != nil {
		t.Fatal(err)
	}
	var in ec2.CopySnapshotInput
	if err := EC2.decodeForm(op, form, reflect.ValueOf(&in).Elem()); err != nil {
		t.Error(err)
	}
	form.Set("NoSmithyDocumentSerde", "x")
	var e *Error
	if err := EC2.decodeForm(op, form, reflect.ValueOf(&in).Elem()); !errors.As(err, &e) || e.Code != "UnknownParameter" {
		t.Errorf("an unknown parameter: %v", err)
	}
}
