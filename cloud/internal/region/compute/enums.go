package compute

import (
	"reflect"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// checkEnums refuses a word that is none of its enumeration's, in a request or whatever is nested in it. Instance types have a
// message of their own.
func checkEnums(in any) error { return checkEnum(reflect.ValueOf(in), "") }

func checkEnum(v reflect.Value, parameter string) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return checkEnum(v.Elem(), parameter)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				if err := checkEnum(v.Field(i), f.Name); err != nil {
					return err
				}
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if err := checkEnum(v.Index(i), parameter); err != nil {
				return err
			}
		}
	case reflect.String:
		values := v.MethodByName("Values")
		if v.Len() == 0 || !values.IsValid() || v.Type() == reflect.TypeFor[ec2types.InstanceType]() {
			return nil
		}
		known := values.Call(nil)[0]
		for i := range known.Len() {
			if known.Index(i).String() == v.String() {
				return nil
			}
		}
		return badValue(v.String(), parameter)
	}
	return nil
}
