package compute

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/region/resource"
	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// byName turns the older form of the request, an attribute's name and its value, into the newer one.
func byName(in ec2.ModifyInstanceAttributeInput) (ec2.ModifyInstanceAttributeInput, error) {
	if in.Attribute == "" {
		return in, nil
	}
	name, text := in.Attribute, in.Value
	in.Attribute, in.Value = "", nil
	value := &ec2types.AttributeValue{Value: text}
	flag := func() (*ec2types.AttributeBooleanValue, error) {
		on, err := strconv.ParseBool(room.Deref(text))
		if err != nil {
			err = badValue(room.Deref(text), string(name))
		}
		return &ec2types.AttributeBooleanValue{Value: &on}, err
	}
	var err error
	switch {
	case name == ec2types.InstanceAttributeNameBlockDeviceMapping && text == nil: // its mappings come apart
	case text == nil:
		err = wire.Errorf("MissingParameter", "The request must contain the parameter Value")
	case name == ec2types.InstanceAttributeNameInstanceType:
		in.InstanceType = value
	case name == ec2types.InstanceAttributeNameInstanceInitiatedShutdownBehavior:
		in.InstanceInitiatedShutdownBehavior = value
	case name == ec2types.InstanceAttributeNameKernel:
		in.Kernel = value
	case name == ec2types.InstanceAttributeNameRamdisk:
		in.Ramdisk = value
	case name == ec2types.InstanceAttributeNameUserData:
		var raw []byte
		raw, err = decodeUserData(text)
		in.UserData = &ec2types.SecureBlobAttributeValue{Value: raw}
	case name == ec2types.InstanceAttributeNameDisableApiTermination:
		in.DisableApiTermination, err = flag()
	case name == ec2types.InstanceAttributeNameDisableApiStop:
		in.DisableApiStop, err = flag()
	case name == ec2types.InstanceAttributeNameSourceDestCheck:
		in.SourceDestCheck, err = flag()
	case name == ec2types.InstanceAttributeNameEbsOptimized:
		in.EbsOptimized, err = flag()
	case name == ec2types.InstanceAttributeNameEnaSupport:
		in.EnaSupport, err = flag()
	default:
		err = badValue(string(name), "attribute")
	}
	return in, err
}

// attributeChange is one attribute of ModifyInstanceAttribute.
type attributeChange struct {
	given   bool
	stopped bool // only of a stopped instance (EC2 user guide, "Change the instance type", "Work with user data")
	change  func(*store.Tx, *Instance) error
}

// attributeChanges are those that a request may name.
func (r *Room) attributeChanges(in *ec2.ModifyInstanceAttributeInput) []attributeChange {
	set := func(v *ec2types.AttributeBooleanValue, stopped bool, into func(*Instance) *bool) attributeChange {
		return attributeChange{v != nil, stopped, func(_ *store.Tx, i *Instance) error { *into(i) = room.Deref(v.Value); return nil }}
	}
	return []attributeChange{
		set(in.DisableApiTermination, false, func(i *Instance) *bool { return &i.ProtectTermination }),
		set(in.DisableApiStop, false, func(i *Instance) *bool { return &i.ProtectStop }),
		set(in.EbsOptimized, true, func(i *Instance) *bool { return &i.EbsOptimized }),
		{in.InstanceInitiatedShutdownBehavior != nil, false, func(_ *store.Tx, i *Instance) error {
			b := room.Deref(in.InstanceInitiatedShutdownBehavior.Value)
			if !slices.Contains(ec2types.ShutdownBehavior("").Values(), ec2types.ShutdownBehavior(b)) {
				return badValue(b, "instanceInitiatedShutdownBehavior")
			}
			i.ShutdownTerminates = b == string(ec2types.ShutdownBehaviorTerminate)
			return nil
		}},
		{in.InstanceType != nil, true, func(_ *store.Tx, i *Instance) error { return i.changeType(room.Deref(in.InstanceType.Value)) }},
		{in.UserData != nil, true, func(_ *store.Tx, i *Instance) error {
			if len(in.UserData.Value) > maxUserData {
				return longUserData()
			}
			i.UserData = encode(in.UserData.Value)
			return nil
		}},
		{in.EnaSupport != nil, true, func(*store.Tx, *Instance) error {
			if !room.Deref(in.EnaSupport.Value) {
				return unsupported("EnaSupport")
			}
			return nil
		}},
		{in.Kernel != nil, true, func(*store.Tx, *Instance) error { return onlyEmpty("Kernel", in.Kernel) }},
		{in.Ramdisk != nil, true, func(*store.Tx, *Instance) error { return onlyEmpty("Ramdisk", in.Ramdisk) }},
		{len(in.Groups) > 0, false, func(tx *store.Tx, i *Instance) error {
			eni, err := r.nets.SoleInterface(tx, i.ID, "")
			if err != nil {
				return err
			}
			return r.nets.SetGroups(tx, eni.ID, in.Groups)
		}},
		{in.SourceDestCheck != nil, false, func(tx *store.Tx, i *Instance) error {
			return r.checkSource(tx, i, room.Deref(in.SourceDestCheck.Value))
		}},
		{len(in.BlockDeviceMappings) > 0, false, func(tx *store.Tx, i *Instance) error { return r.changeMappings(tx, i, in.BlockDeviceMappings) }},
	}
}

// checkSource turns the check of sources and destinations on or off at the one interface of an instance.
func (r *Room) checkSource(tx *store.Tx, i *Instance, on bool) error {
	eni, err := r.nets.SoleInterface(tx, i.ID, "")
	if err != nil {
		return err
	}
	return r.nets.SetSourceDestCheck(tx, eni.ID, on)
}

// onlyEmpty takes the absence of what instances here do not have.
func onlyEmpty(name string, v *ec2types.AttributeValue) error {
	if room.Deref(v.Value) != "" {
		return unsupported(name)
	}
	return nil
}

func (i *Instance) changeType(name string) error {
	kind, ok := findType(name)
	if !ok {
		return badValue(name, "instanceType")
	}
	if string(kind.arch) != string(i.Architecture) {
		return wire.Errorf("InvalidParameterCombination", "The instance '%s' has the architecture '%s', and %s has '%s'.", i.ID, i.Architecture, name, kind.arch)
	}
	before, _ := findType(string(i.Type))
	i.Type = ec2types.InstanceType(name)
	if !kind.burstable() || !before.burstable() {
		i.Credits, _ = kind.checkCredits(nil)
	}
	return nil
}

// ModifyInstanceAttribute changes one attribute of an instance.
func (r *Room) ModifyInstanceAttribute(ctx context.Context, in *ec2.ModifyInstanceAttributeInput) (*ec2.ModifyInstanceAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "BlockDeviceMappings", "DisableApiStop", "DisableApiTermination", "EbsOptimized", "EnaSupport", "Groups", "InstanceId",
		"InstanceInitiatedShutdownBehavior", "InstanceType", "Kernel", "Ramdisk", "SourceDestCheck", "UserData", "Value"); err != nil {
		return nil, err
	}
	named, err := byName(*in)
	if err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	changes := slices.DeleteFunc(r.attributeChanges(&named), func(c attributeChange) bool { return !c.given })
	switch len(changes) {
	case 0:
		return nil, wire.Errorf("InvalidParameterCombination", "No attributes specified.")
	case 1:
	default:
		return nil, wire.Errorf("InvalidParameterCombination", "Fields for multiple attribute types specified")
	}
	return &ec2.ModifyInstanceAttributeOutput{}, r.changeAttribute(*in.InstanceId, in, changes[0])
}

func (r *Room) changeAttribute(id string, in any, c attributeChange) error {
	var i Instance
	err := r.Update(func(tx *store.Tx) (err error) {
		if i, err = room.Find(tx, r.instances, id, missingInstance); err != nil {
			return err
		}
		if err := alive(i); err != nil {
			return err
		}
		if c.stopped && i.State != stopped {
			return wire.Errorf("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", i.ID)
		}
		if err := c.change(tx, &i); err != nil {
			return err
		}
		if err := r.instances.Put(tx, i.ID, i); err != nil {
			return err
		}
		return room.DryRun(in)
	})
	if err != nil {
		return err
	}
	return r.nets.Sync(i.VPC)
}

// ResetInstanceAttribute brings an attribute back to its default: kernel and RAM disk, of which there are none, or the check
// of sources and destinations.
func (r *Room) ResetInstanceAttribute(ctx context.Context, in *ec2.ResetInstanceAttributeInput) (*ec2.ResetInstanceAttributeOutput, error) {
	if err := room.Only(in, "Attribute", "InstanceId"); err != nil {
		return nil, err
	}
	if err := resource.Required("instanceId", in.InstanceId); err != nil {
		return nil, err
	}
	c := attributeChange{change: func(*store.Tx, *Instance) error { return nil }}
	switch in.Attribute {
	case ec2types.InstanceAttributeNameKernel, ec2types.InstanceAttributeNameRamdisk:
		c.stopped = true
	case ec2types.InstanceAttributeNameSourceDestCheck:
		c.change = func(tx *store.Tx, i *Instance) error { return r.checkSource(tx, i, true) }
	default:
		return nil, badValue(string(in.Attribute), "attribute")
	}
	return &ec2.ResetInstanceAttributeOutput{}, r.changeAttribute(*in.InstanceId, in, c)
}
