package region

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// only refuses every parameter that is set and is not among those that the operation acts on, so that
// nothing is ever ignored silently. A pointer to a zero value asks for the default and passes.
func only(in any, names ...string) error {
	v := reflect.Indirect(reflect.ValueOf(in))
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == "DryRun" || slices.Contains(names, f.Name) || unset(v.Field(i)) {
			continue
		}
		return wire.Errorf("UnsupportedOperation", "The parameter '%s' is not supported here.", f.Name)
	}
	return nil
}

func unset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return v.IsNil() || v.Elem().IsZero()
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return v.IsZero()
}

// required answers AWS's error where a parameter is missing or empty.
func required(name string, value *string) error {
	if deref(value) == "" {
		return wire.Errorf("MissingParameter", "The request must contain the parameter %s", name)
	}
	return nil
}

// dryRun answers what an operation that would have succeeded answers to DryRun.
func dryRun(in any) error {
	f := reflect.Indirect(reflect.ValueOf(in)).FieldByName("DryRun")
	if !f.IsValid() || f.Kind() != reflect.Pointer || unset(f) {
		return nil
	}
	return &wire.Error{Code: "DryRunOperation", Message: "Request would have succeeded, but DryRun flag is set.", Status: 412}
}

// deref returns what a pointer points to, or the zero value.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// ptr returns a pointer to a value of its own.
func ptr[T any](v T) *T { return &v }

// some returns a pointer to v, or nil where v is the zero value, which AWS leaves out of answers.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// listed makes a list that is empty one that AWS's answer shows as empty. Where AWS leaves such a list out,
// as the tags of most kinds, it is not used.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// tokenRow remembers what a client token made, and of what parameters.
type tokenRow struct{ Hash, Result string }

// once makes a thing unless the same client token has made it already, in the same transaction
// (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html). in is the request, in which
// the token counts as a parameter like any other. alive tells whether a result still exists: the token of one that is
// gone makes a new one.
func (r *Region) once(tx *store.Tx, op string, token *string, in any, alive func(result string) bool, make func() (string, error)) (string, error) {
	if deref(token) == "" {
		return make()
	}
	if len(*token) > 64 {
		return "", wire.Errorf("InvalidParameterValue", "Client token is too long: %d characters, the limit is 64.", len(*token))
	}
	b, err := json.Marshal(in)
	if err != nil {
		return "", fmt.Errorf("hash request %s: %w", op, err)
	}
	sum := sha256.Sum256(b)
	hash, key := hex.EncodeToString(sum[:]), op+" "+*token
	if row, ok := r.tokens.GetTx(tx, key); ok && alive(row.Result) {
		if row.Hash != hash {
			return "", wire.Errorf("IdempotentParameterMismatch", "The client token you have provided is associated with a resource that has already been created with different parameters: %s", row.Result)
		}
		return row.Result, nil
	}
	result, err := make()
	if err != nil {
		return "", err
	}
	return result, r.tokens.Put(tx, key, tokenRow{Hash: hash, Result: result})
}

// overlay returns base with every member that over sets taken from over.
func overlay[T any](base, over T) T {
	from, into := reflect.ValueOf(over), reflect.ValueOf(&base).Elem()
	for i := range from.NumField() {
		if f := from.Field(i); from.Type().Field(i).IsExported() && !f.IsZero() {
			into.Field(i).Set(f)
		}
	}
	return base
}
