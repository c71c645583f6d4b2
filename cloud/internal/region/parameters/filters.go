package parameters

import (
	"slices"
	"strings"

	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// call is a call that filters parameters.
type call int

const (
	byDescription call = iota
	byPath
)

// The keys of filters (API reference, ParameterStringFilter).
const (
	keyName, keyPath, keyType, keyKeyID, keyTier, keyDataType, keyLabel = "Name", "Path", "Type", "KeyId", "Tier", "DataType", "Label"
	keyTag                                                              = "tag:"
)

var keysOf = map[call][]string{
	byDescription: {keyPath, keyName, keyType, keyKeyID, keyTier, keyDataType},
	byPath:        {keyType, keyKeyID, keyLabel},
}

// The options of filters.
const (
	equals, beginsWith, contains = "Equals", "BeginsWith", "Contains"
	oneLevel, recursive          = "OneLevel", "Recursive"
)

// filters choose parameters: all of them have to match, each by one of its values.
type filters []filter

type filter struct {
	key, option string
	values      []string
}

// newFilters checks the filters of a request.
func newFilters(asked []ssmtypes.ParameterStringFilter, by call) (filters, error) {
	var all filters
	for _, a := range asked {
		f := filter{key: room.Deref(a.Key), option: room.Deref(a.Option), values: a.Values}
		if f.option == "" {
			f.option = f.options()[0]
		}
		if f.key == keyName && f.option != contains { // names are the same with a slash before them and without
			f.values = nil
			for _, name := range a.Values {
				f.values = append(f.values, withSlash(name))
			}
		}
		if err := f.check(by); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(other filter) bool { return other.key == f.key }) {
			return nil, wire.Errorf("InvalidFilterKey",
				"The following filter is duplicated in the request: %s. A request can contain only one occurrence of a specific filter.", f.key)
		}
		all = append(all, f)
	}
	return all, nil
}

// options are those that a filter may have, the usual one first.
func (f filter) options() []string {
	switch f.key {
	case keyPath:
		return []string{oneLevel, recursive}
	case keyName:
		return []string{equals, beginsWith, contains}
	case keyLabel:
		return []string{equals}
	}
	return []string{equals, beginsWith}
}

func (f filter) check(by call) error {
	tag := by == byDescription && strings.HasPrefix(f.key, keyTag)
	if !tag && !slices.Contains(keysOf[by], f.key) {
		return wire.Errorf("InvalidFilterKey", "The following filter key is not valid: %s. Valid filter keys include: [%s].", f.key, strings.Join(keysOf[by], ", "))
	}
	if !slices.Contains(f.options(), f.option) {
		return wire.Errorf("InvalidFilterOption",
			"The following filter option is not valid: %s. Valid options include: [%s].", f.option, strings.Join(f.options(), ", "))
	}
	if len(f.values) == 0 && !tag {
		return wire.Errorf("InvalidFilterValue", "The following filter values are missing : null for filter key %s.", f.key)
	}
	for _, value := range f.values {
		if err := f.checkValue(value); err != nil {
			return err
		}
	}
	return nil
}

func (f filter) checkValue(value string) error {
	var known []string
	switch f.key {
	case keyPath:
		if hasPrefix(value, "/aws") || hasPrefix(value, "/ssm") {
			return invalid(`Filters for common parameters can't be prefixed with "aws" or "ssm" (case-insensitive). ` +
				`When using global parameters, please specify within a global namespace.`)
		}
		return checkPath(value)
	case keyType:
		known = words(ssmtypes.ParameterType("").Values())
	case keyTier:
		known = words(ssmtypes.ParameterTier("").Values())
	}
	if known != nil && f.option == equals && !slices.Contains(known, value) {
		return wire.Errorf("InvalidFilterValue", "The following filter value is not valid: %s. Valid values include: [%s].", value, strings.Join(known, ", "))
	}
	return nil
}

func words[T ~string](values []T) (out []string) {
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}

func (fs filters) match(p parameterRow) bool {
	for _, f := range fs {
		if !f.match(p, fs.version(p)) {
			return false
		}
	}
	return true
}

// version is the version that filters choose: the one with a label where one is asked for, the latest otherwise.
func (fs filters) version(p parameterRow) versionRow {
	for _, f := range fs {
		for _, label := range f.values {
			if v, ok := p.labelled(label); ok && f.key == keyLabel {
				return v
			}
		}
	}
	return p.latest()
}

func (f filter) match(p parameterRow, v versionRow) bool {
	switch tag, byTag := strings.CutPrefix(f.key, keyTag); {
	case byTag:
		have, ok := p.Tags[tag]
		return ok && (len(f.values) == 0 || f.some(have))
	case f.key == keyName:
		return f.some(withSlash(p.Name))
	case f.key == keyPath:
		return slices.ContainsFunc(f.values, func(path string) bool { return under(p.Name, path, f.option == recursive) })
	case f.key == keyLabel:
		return slices.ContainsFunc(v.Labels, func(l string) bool { return slices.Contains(f.values, l) })
	}
	return f.some(map[string]string{
		keyType: string(v.Type), keyKeyID: v.KeyID, keyTier: string(v.Tier), keyDataType: v.DataType,
	}[f.key])
}

// some tells whether one of the values matches a text.
func (f filter) some(text string) bool {
	return slices.ContainsFunc(f.values, func(value string) bool {
		switch f.option {
		case beginsWith:
			return strings.HasPrefix(text, value)
		case contains:
			return strings.Contains(text, value)
		}
		return text == value
	})
}
