package export

import (
	"fmt"
	"reflect"
)

// Named is one entry of a structure, by the name that AWS's API has for it.
type Named struct {
	Name  string
	Value any // string, int, float64, bool, []any or []Named
}

// Plain returns what a structure of the SDK's says: what is not set is left out; a false or a zero behind a pointer is set. A kind of value that
// it does not know is an error.
func Plain(structure any) ([]Named, error) {
	v, err := plain(reflect.ValueOf(structure))
	if err != nil {
		return nil, err
	}
	named, ok := v.([]Named)
	if !ok {
		return nil, fmt.Errorf("a %T is no structure", structure)
	}
	return named, nil
}

func plain(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.Pointer:
		return plain(v.Elem())
	case reflect.String:
		return v.String(), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		return int(v.Int()), nil
	case reflect.Float64:
		return v.Float(), nil
	case reflect.Slice:
		return plainList(v)
	case reflect.Struct:
		return plainFields(v)
	}
	return nil, fmt.Errorf("this export cannot say a %s", v.Type())
}

func plainList(v reflect.Value) (any, error) {
	all := []any{}
	for i := range v.Len() {
		one, err := plain(v.Index(i))
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func plainFields(v reflect.Value) (any, error) {
	var all []Named
	for field, value := range v.Fields() {
		empty := value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0
		if !field.IsExported() || empty {
			continue
		}
		one, err := plain(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", field.Name, err)
		}
		all = append(all, Named{field.Name, one})
	}
	return all, nil
}
