package compute

import (
	"encoding/base64"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// maxUserData is the limit on user data before base64 (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html).
const maxUserData = 16 << 10

// checkRequest validates what needs no look at the store.
func checkRequest(in *ec2.RunInstancesInput) error {
	if err := checkOptions(in); err != nil {
		return err
	}
	if err := room.Only(in, "BlockDeviceMappings", "CapacityReservationSpecification", "CpuOptions", "CreditSpecification", "DisableApiStop", "EnclaveOptions",
		"HibernationOptions", "MaintenanceOptions", "PrivateDnsNameOptions", "IamInstanceProfile", "ImageId", "InstanceType", "MinCount", "MaxCount",
		"SubnetId", "SecurityGroupIds", "SecurityGroups", "NetworkInterfaces",
		"UserData", "LaunchTemplate", "MetadataOptions", "TagSpecifications", "ClientToken", "Placement", "EbsOptimized",
		"Monitoring", "DisableApiTermination", "KeyName", "InstanceInitiatedShutdownBehavior", "PrivateIpAddress", "Ipv6AddressCount", "Ipv6Addresses",
		"EnablePrimaryIpv6"); err != nil {
		return err
	}
	if err := resource.Required("ImageId", in.ImageId); err != nil {
		return err
	}
	if err := checkCount(in); err != nil {
		return err
	}
	if err := checkMetadata(in.MetadataOptions); err != nil {
		return err
	}
	return checkUserData(in.UserData)
}

func checkCount(in *ec2.RunInstancesInput) error {
	if in.MinCount == nil || in.MaxCount == nil {
		return wire.Errorf("MissingParameter", "The request must contain the parameters MinCount and MaxCount")
	}
	least, most := *in.MinCount, *in.MaxCount
	switch {
	case least < 1:
		return wire.Errorf("InvalidParameterValue", "Value (%d) for parameter minCount is invalid. It must be greater than 0.", least)
	case most < least:
		return wire.Errorf("InvalidParameterValue", "Value (%d) for parameter maxCount is invalid. It must not be less than minCount.", most)
	case most > 100:
		return wire.Errorf("InstanceLimitExceeded", "You have requested more instances (%d) than your current instance limit of 100 allows.", most)
	case most > 1 && in.PrivateIpAddress != nil:
		return wire.Errorf("InvalidParameterCombination", "A private IP address cannot be specified when launching multiple instances.")
	case most > 1 && len(in.Ipv6Addresses) > 0:
		return wire.Errorf("InvalidParameterCombination", "An IPv6 address cannot be specified when launching multiple instances.")
	}
	return nil
}

// badValue refuses a value that is none of an enumeration's.
func badValue(value, parameter string) error {
	return wire.Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid.", value, parameter)
}

func checkUserData(s *string) error {
	_, err := decodeUserData(s)
	return err
}

func decodeUserData(s *string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(room.Deref(s))
	if err != nil {
		return nil, wire.Errorf("InvalidParameterValue", "Invalid BASE64 encoding of user data")
	}
	if len(raw) > maxUserData {
		return nil, longUserData()
	}
	return raw, nil
}

func longUserData() error {
	return wire.Errorf("InvalidParameterValue", "User data is limited to %d bytes", maxUserData)
}
