package resource

import (
	"context"
	"reflect"
	"strings"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// None registers an operation that lists what nothing here makes, so that tools that look before they leap go on. Whatever selects from
// nothing, filters and other parameters, selects nothing; a page's token can be none that was given out; and an id is missing. One with
// its prefix gets the code of AWS's for it ("InvalidVpnGatewayID.NotFound"), or where that has none in the list of
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html, where the operation does not name its own
// kind, or its kind's ids have no prefix, an empty list.
func None[In, Out any](m *wire.Mux, prefix, code string) {
	op := strings.TrimSuffix(reflect.TypeFor[In]().Name(), "Input")
	Ask(m, op, func(_ context.Context, in *In) (*Out, error) {
		return new(Out), none(reflect.ValueOf(in).Elem(), prefix, code)
	})
}

func none(in reflect.Value, prefix, code string) error {
	for i := range in.NumField() {
		field := in.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		switch v := in.Field(i).Interface().(type) {
		case []string:
			if strings.HasSuffix(field.Name, "Ids") && len(v) > 0 && code != "" {
				malformed := strings.TrimSuffix(code, ".NotFound") + ".Malformed"
				return Missing(prefix, v[0], malformed, code, "The ID '%s' does not exist")
			}
		case *string:
			if field.Name == "NextToken" && v != nil {
				_, _, err := Page([]string(nil), nil, nil, v, 1, 1)
				return err
			}
		}
	}
	return nil
}
