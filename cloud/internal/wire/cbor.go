package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// RPC-v2 CBOR is what current SDKs speak to CloudWatch: the operation is in the path, and members have
// the names of the model, which are the Go names (smithy.io, "Smithy RPC v2 CBOR protocol").

const cborType = "application/cbor"

type cborCodec struct{}

func (cborCodec) speaks(r *http.Request) bool {
	return r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor"
}

func (cborCodec) operation(s *Service, r *http.Request) (*operation, error) {
	name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if op := s.table.operation(name); op != nil {
		return op, nil
	}
	return nil, unknownOperation(name)
}

func (cborCodec) decode(_ *Service, _ *operation, r *http.Request, in reflect.Value) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return Errorf("SerializationException", "The request body could not be read")
	}
	if len(body) == 0 {
		return nil
	}
	v, err := cbor.Decode(body)
	if err == nil {
		err = fromCBOR(v, in)
	}
	if err != nil {
		return Errorf("SerializationException", "The request body is not valid: %v", err)
	}
	return nil
}

func (cborCodec) encode(_ *Service, op *operation, w http.ResponseWriter, _ string, out reflect.Value) error {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	writeBody(w, cborType, op.success(), appendCBOR(nil, out))
	return nil
}

func (cborCodec) encodeError(s *Service, w http.ResponseWriter, r *http.Request, _ string, e *Error) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("X-Amzn-Query-Error", e.queryError())
	doc := cbor.Map{"__type": cbor.String(s.errorType(e))}
	if e.Message != "" {
		doc["message"] = cbor.String(e.Message)
	}
	writeBody(w, cborType, s.rpcStatus(r, e), cbor.Encode(doc))
}

func fromCBOR(c cbor.Value, v reflect.Value) error {
	if _, null := c.(*cbor.Nil); null {
		return nil
	}
	if _, ok := v.Interface().(time.Time); ok {
		t, err := cbor.AsTime(c)
		v.Set(reflect.ValueOf(t))
		return err
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fromCBOR(c, v.Elem())
	case reflect.Struct:
		return structFromCBOR(c, v)
	case reflect.Slice:
		return sliceFromCBOR(c, v)
	case reflect.Map:
		return mapFromCBOR(c, v)
	case reflect.String:
		s, ok := c.(cbor.String)
		if !ok {
			return fmt.Errorf("%T is no string", c)
		}
		v.SetString(string(s))
	case reflect.Bool:
		b, ok := c.(cbor.Bool)
		if !ok {
			return fmt.Errorf("%T is no boolean", c)
		}
		v.SetBool(bool(b))
	case reflect.Int32, reflect.Int64:
		i, err := cbor.AsInt64(c)
		if err != nil || v.OverflowInt(i) {
			return fmt.Errorf("%v is no %s", c, v.Type())
		}
		v.SetInt(i)
	case reflect.Float32, reflect.Float64:
		f, err := cbor.AsFloat64(c)
		if err != nil {
			return err
		}
		v.SetFloat(f)
	default:
		return fmt.Errorf("a %s cannot be decoded", v.Type())
	}
	return nil
}

func structFromCBOR(c cbor.Value, v reflect.Value) error {
	m, ok := c.(cbor.Map)
	if !ok {
		return fmt.Errorf("%T is no structure", c)
	}
	for name, value := range m {
		field := v.FieldByName(goName(name))
		if !field.IsValid() || !field.CanSet() {
			continue // a newer client's member
		}
		if err := fromCBOR(value, field); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func mapFromCBOR(c cbor.Value, v reflect.Value) error {
	m, ok := c.(cbor.Map)
	if !ok {
		return fmt.Errorf("%T is no map", c)
	}
	v.Set(reflect.MakeMap(v.Type()))
	for name, value := range m {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := fromCBOR(value, item); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), item)
	}
	return nil
}

func sliceFromCBOR(c cbor.Value, v reflect.Value) error {
	if b, ok := c.(cbor.Slice); ok && v.Type().Elem().Kind() == reflect.Uint8 {
		v.SetBytes(b)
		return nil
	}
	list, ok := c.(cbor.List)
	if !ok {
		return fmt.Errorf("%T is no list", c)
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, item := range list {
		if err := fromCBOR(item, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// appendCBOR encodes a value. Lists are of indefinite length, as CloudWatch writes them (recorded in November
// 2026; RFC 8949, section 3.2.2) and smithy's encoder does not; that encodes values without parts.
func appendCBOR(b []byte, v reflect.Value) []byte {
	if t, ok := v.Interface().(time.Time); ok {
		return append(b, cbor.Encode(&cbor.Tag{ID: 1, Value: cbor.Float64(float64(t.UnixMilli()) / 1000)})...)
	}
	switch v.Kind() {
	case reflect.Pointer:
		return appendCBOR(b, v.Elem())
	case reflect.Struct:
		var members []reflect.StructField
		for _, f := range reflect.VisibleFields(v.Type()) {
			if f.PkgPath == "" && !f.Anonymous && f.Name != "ResultMetadata" && !unset(v.FieldByIndex(f.Index)) {
				members = append(members, f)
			}
		}
		b = appendCBORHead(b, 5, len(members))
		for _, f := range members {
			b = append(b, cbor.Encode(cbor.String(f.Name))...)
			b = appendCBOR(b, v.FieldByIndex(f.Index))
		}
		return b
	case reflect.Map:
		b = appendCBORHead(b, 5, v.Len())
		for _, k := range v.MapKeys() {
			b = append(b, cbor.Encode(cbor.String(k.String()))...)
			b = appendCBOR(b, v.MapIndex(k))
		}
		return b
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return append(b, cbor.Encode(cbor.Slice(v.Bytes()))...)
		}
		b = append(b, 4<<5|31)
		for i := range v.Len() {
			b = appendCBOR(b, v.Index(i))
		}
		return append(b, 0xff)
	}
	return append(b, cbor.Encode(scalarToCBOR(v))...)
}

// appendCBORHead encodes a major type and a length (RFC 8949, section 3).
func appendCBORHead(b []byte, major byte, n int) []byte {
	if n < 24 {
		return append(b, major<<5|byte(n))
	}
	return binary.BigEndian.AppendUint32(append(b, major<<5|26), uint32(n))
}

func scalarToCBOR(v reflect.Value) cbor.Value {
	switch v.Kind() {
	case reflect.String:
		return cbor.String(v.String())
	case reflect.Bool:
		return cbor.Bool(v.Bool())
	case reflect.Int32, reflect.Int64:
		if i := v.Int(); i < 0 {
			return cbor.NegInt(uint64(-i))
		}
		return cbor.Uint(uint64(v.Int()))
	case reflect.Float32, reflect.Float64:
		return cbor.Float64(v.Float())
	}
	return &cbor.Nil{}
}

// unset tells whether a member is absent: a nil pointer, list or map, or an enum without a value.
func unset(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return v.IsNil()
	case reflect.String:
		return v.Len() == 0
	}
	return false
}
