package compute

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// ModifyImageAttribute changes an image's description or who may launch it: one of the two, by a structure or, as older clients
// write it, by the attribute's name.
func (r *Room) ModifyImageAttribute(ctx context.Context, in *ec2.ModifyImageAttributeInput) (*ec2.ModifyImageAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "Description", "ImageId", "LaunchPermission", "OperationType", "UserGroups", "UserIds", "Value"); err != nil {
		return nil, err
	}
	change, err := imageChange(in, r.settingsNow(nil).Images != "")
	if err != nil {
		return nil, err
	}
	return &ec2.ModifyImageAttributeOutput{}, r.changeImage(in, in.ImageId, change)
}

// imageChange reads what a request changes. Whether images are kept from being shared with everybody is given.
func imageChange(in *ec2.ModifyImageAttributeInput, blocked bool) (func(*imageRow) error, error) {
	description, permission := in.Description, in.LaunchPermission
	switch name := room.Deref(in.Attribute); ec2types.ImageAttributeName(name) {
	case "":
	case ec2types.ImageAttributeNameDescription:
		description = &ec2types.AttributeValue{Value: in.Value}
	case ec2types.ImageAttributeNameLaunchPermission:
		permission = &ec2types.LaunchPermissionModifications{}
		of := &permission.Add
		switch in.OperationType {
		case "":
			return nil, wire.Errorf("MissingParameter", "The request must contain the parameter operationType")
		case ec2types.OperationTypeRemove:
			of = &permission.Remove
		}
		for _, id := range in.UserIds {
			*of = append(*of, ec2types.LaunchPermission{UserId: &id})
		}
		for _, group := range in.UserGroups {
			*of = append(*of, ec2types.LaunchPermission{Group: ec2types.PermissionGroup(group)})
		}
	default:
		return nil, wire.Errorf("UnsupportedOperation", "Changes of the attribute '%s' are not supported here.", name)
	}
	switch {
	case (description == nil) == (permission == nil):
		return nil, wire.Errorf("InvalidParameterCombination", "The request must change one attribute, the description or the launch permission.")
	case description != nil:
		return func(i *imageRow) error { i.Description = room.Deref(description.Value); return nil }, nil
	}
	add, err := launchers(permission.Add)
	if err != nil {
		return nil, err
	}
	remove, err := launchers(permission.Remove)
	return func(i *imageRow) error {
		if err := checkPublic(blocked, add, "image", i.ID); err != nil {
			return err
		}
		return i.share(add, remove)
	}, err
}

// launchers reads whom a permission names.
func launchers(all []ec2types.LaunchPermission) (grantees, error) {
	var named grantees
	for _, p := range all {
		if p.OrganizationArn != nil || p.OrganizationalUnitArn != nil {
			return nil, wire.Errorf("UnsupportedOperation", "Sharing with organizations is not supported here.")
		}
		who := room.Deref(p.UserId)
		if p.Group != "" {
			who = string(p.Group)
		}
		if !isGrantee(who) {
			return nil, wire.Errorf("InvalidAMIAttributeItemValue", "Invalid attribute item value \"%s\" for user item type.", who)
		}
		named = append(named, who)
	}
	return named, nil
}

// share changes who may launch an image. One that is disabled, or encrypted by the key that AWS manages, cannot be shared (EC2 user
// guide, "Share an AMI with specific AWS accounts").
func (i *imageRow) share(add, remove grantees) error {
	switch {
	case len(add) > 0 && i.State == ec2types.ImageStateDisabled:
		return wire.Errorf("IncorrectState", "The image '%s' is disabled and cannot be shared.", i.ID)
	case len(add) > 0 && i.Encrypted:
		return wire.Errorf("OperationNotPermitted", "The image '%s' is encrypted by the default key and cannot be shared.", i.ID)
	}
	has := grantees(i.Launchers)
	if i.Public {
		has = append(has[:len(has):len(has)], everybody)
	}
	i.Launchers, i.Public = has.changed(add, remove).split()
	return nil
}

// ResetImageAttribute takes all launch permissions away.
func (r *Room) ResetImageAttribute(ctx context.Context, in *ec2.ResetImageAttributeInput) (*ec2.ResetImageAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "ImageId"); err != nil {
		return nil, err
	}
	if in.Attribute != ec2types.ResetImageAttributeNameLaunchPermission {
		return nil, wire.Errorf("MissingParameter", "The request must contain the parameter attribute")
	}
	return &ec2.ResetImageAttributeOutput{}, r.changeImage(in, in.ImageId, func(i *imageRow) error { i.Launchers, i.Public = nil, false; return nil })
}

func showLaunchers(i imageRow) []ec2types.LaunchPermission {
	all := []ec2types.LaunchPermission{}
	if i.Public {
		all = append(all, ec2types.LaunchPermission{Group: ec2types.PermissionGroupAll})
	}
	for _, id := range i.Launchers {
		all = append(all, ec2types.LaunchPermission{UserId: &id})
	}
	return all
}
