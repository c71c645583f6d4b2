package resource

import (
	"slices"
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestFilterSeesWhatIsShown(t *testing.T) {
	at := time.Date(2026, 11, 27, 1, 2, 3, 4e6, time.FixedZone("", 3600))
	show := func(int) ec2types.Instance {
		return ec2types.Instance{
			InstanceType: "t3.micro", EbsOptimized: new(false), LaunchTime: &at, AmiLaunchIndex: new(int32(2)),
			NetworkInterfaces: []ec2types.InstanceNetworkInterface{
				{Attachment: &ec2types.InstanceNetworkInterfaceAttachment{AttachmentId: new("a")}},
				{}, {Groups: []ec2types.GroupIdentifier{{GroupId: new("g")}, {GroupId: new("h")}}},
			},
		}
	}
	for path, want := range map[string][]string{
		"InstanceType": {"t3.micro"}, "EbsOptimized": {"false"}, "LaunchTime": {"2026-11-27T00:02:03.004Z"}, "AmiLaunchIndex": {"2"},
		"NetworkInterfaces.Attachment.AttachmentId": {"a"}, "NetworkInterfaces.Groups.GroupId": {"g", "h"}, "KeyName": nil, "Platform": nil,
	} {
		if got := Shown(show, path)(0); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

func TestPathOfNothingIsNoticed(t *testing.T) {
	for _, path := range []string{"Colour", "Placement", "InstanceId.X"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("nobody noticed that an instance has no text %s", path)
				}
			}()
			Shown(func(int) ec2types.Instance { return ec2types.Instance{} }, path)
		}()
	}
}
