package wire

import (
	"cmp"
	"reflect"
)

// ownWords are the enumerations of EC2, by their types in the SDK, whose handlers refuse other words with a code or a message of
// their own.
var ownWords = map[string]bool{
	"InstanceType":         true, // InvalidInstanceType, and types come faster than SDKs
	"AccountAttributeName": true, // the API's page names six, and its model two
	"ResourceType":         true, // "'%s' is not a valid taggable resource type for this operation."
	// "Unknown attribute."
	"ImageAttributeName": true, "InstanceAttributeName": true, "SnapshotAttributeName": true, "VolumeAttributeName": true,
}

// checkEnums refuses a word that is none of its enumeration's, wherever in a request of EC2 it stands. The other services' frameworks
// check theirs with the model's further constraints (constraints.go). An absent one is empty.
func (s *Service) checkEnums(op *operation, in reflect.Value) error {
	return s.checkEnum(s.table.shape(op.input), in, "")
}

func (s *Service) checkEnum(sh *shape, v reflect.Value, parameter string) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return s.checkEnum(sh, v.Elem(), parameter)
		}
	case reflect.Struct:
		if v.Type() == timeType.Elem() {
			return nil
		}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.PkgPath != "" || field.Name == "ResultMetadata" {
				continue
			}
			m := sh.member(field.Name, s.protocol)
			if err := s.checkEnum(s.table.shape(m.shape), v.Field(i), cmp.Or(m.locationName, m.name)); err != nil {
				return err
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := s.checkEnum(s.table.shape(sh.element.shape), v.Index(i), parameter); err != nil {
				return err
			}
		}
	case reflect.String:
		if v.Len() > 0 && !ownWords[v.Type().Name()] && !among(v) {
			return badWord(v, parameter)
		}
	}
	return nil
}

// among tells whether a text is a word of its type's enumeration; one that is of none may be any.
func among(v reflect.Value) bool {
	values := v.MethodByName("Values")
	if !values.IsValid() {
		return true
	}
	known := values.Call(nil)[0]
	for i := range known.Len() {
		if known.Index(i).String() == v.String() {
			return true
		}
	}
	return false
}

// badWord has the codes of https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.
func badWord(v reflect.Value, parameter string) error {
	if v.Type().Name() == "VolumeType" {
		return Errorf("UnknownVolumeType", "Unsupported volume type '%s' for volume creation.", v.String())
	}
	return Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid.", v.String(), parameter)
}
