package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Two protocols write JSON: REST-JSON, whose operation is the method and path and whose labels and query
// string have members, and AWS JSON 1.0, whose operation is in the header X-Amz-Target. Members have
// their location names, else the model's, which in these services equal Go's (smithy.io,
// "AWS restJson1 protocol" and "AWS JSON 1.0 protocol").

type restJSONCodec struct{}

// jsonCodec is AWS JSON 1.0, which botocore's newer releases send to CloudWatch, too.
type jsonCodec struct{}

// json11Codec is AWS JSON 1.1, whose answers have another type and no codes of a query protocol (smithy.io, "AWS JSON 1.1
// protocol").
type json11Codec struct{ jsonCodec }

func (json11Codec) encode(s *Service, op *operation, w http.ResponseWriter, _ string, out reflect.Value) error {
	return s.writeJSON(w, "application/x-amz-json-1.1", op, out)
}

func (json11Codec) encodeError(s *Service, w http.ResponseWriter, _ *http.Request, _ string, e *Error) {
	writeJSONError(w, "application/x-amz-json-1.1", e.HTTPStatus(), e, map[string]any{"__type": s.errorType(e)})
}

func (restJSONCodec) speaks(*http.Request) bool { return true }

func (jsonCodec) speaks(r *http.Request) bool { return r.Header.Get("X-Amz-Target") != "" }

func (restJSONCodec) operation(s *Service, r *http.Request) (*operation, error) {
	if op := s.matchREST(r); op != nil {
		return op, nil
	}
	return nil, unknownOperation(r.Method + " " + r.URL.Path)
}

func (jsonCodec) operation(s *Service, r *http.Request) (*operation, error) {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if op := s.table.operation(name); op != nil {
		return op, nil
	}
	return nil, unknownOperation(name)
}

func unknownOperation(name string) *Error {
	return Errorf("UnknownOperationException", "The operation %s is not known.", name)
}

func (restJSONCodec) decode(s *Service, op *operation, r *http.Request, in reflect.Value) error {
	inBody, err := s.decodeURL(op, r, in)
	if err != nil || !inBody {
		return err
	}
	return s.decodeJSON(s.table.shape(op.input), r.Body, in)
}

func (jsonCodec) decode(s *Service, op *operation, r *http.Request, in reflect.Value) error {
	return s.decodeJSON(s.table.shape(op.input), r.Body, in)
}

func (restJSONCodec) encode(s *Service, op *operation, w http.ResponseWriter, _ string, out reflect.Value) error {
	return s.writeJSON(w, "application/json", op, out)
}

func (jsonCodec) encode(s *Service, op *operation, w http.ResponseWriter, _ string, out reflect.Value) error {
	return s.writeJSON(w, jsonType, op, out)
}

const jsonType = "application/x-amz-json-1.0"

func (s *Service) writeJSON(w http.ResponseWriter, contentType string, op *operation, out reflect.Value) error {
	body, err := json.Marshal(s.toJSON(s.table.shape(op.output), out))
	if err != nil {
		return fmt.Errorf("encode %s: %w", op.name, err)
	}
	writeBody(w, contentType, op.success(), body)
	return nil
}

// encodeError of REST-JSON names the error in a header.
func (restJSONCodec) encodeError(_ *Service, w http.ResponseWriter, _ *http.Request, _ string, e *Error) {
	writeJSONError(w, "application/json", e.HTTPStatus(), e, map[string]any{})
}

// encodeError of AWS JSON names it in the body.
func (jsonCodec) encodeError(s *Service, w http.ResponseWriter, r *http.Request, _ string, e *Error) {
	w.Header().Set("X-Amzn-Query-Error", e.queryError())
	writeJSONError(w, jsonType, s.rpcStatus(r, e), e, map[string]any{"__type": s.errorType(e)})
}

func writeJSONError(w http.ResponseWriter, contentType string, status int, e *Error, doc map[string]any) {
	if e.Message != "" {
		doc["message"] = e.Message
	}
	maps.Copy(doc, e.Members)
	body, err := json.Marshal(doc)
	if err != nil {
		panic(err) // strings, numbers and lists of them
	}
	w.Header().Set("X-Amzn-ErrorType", e.Code)
	writeBody(w, contentType, status, body)
}

// decodeJSON fills an input from a body. One without a body has no members.
func (s *Service) decodeJSON(sh *shape, body io.Reader, in reflect.Value) error {
	text, err := io.ReadAll(body)
	if err != nil {
		return Errorf("SerializationException", "The request body could not be read")
	}
	var doc any = map[string]any{}
	if len(bytes.TrimSpace(text)) > 0 {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber() // a float would lose an integer's last digits
		if err := d.Decode(&doc); err != nil {
			return Errorf("SerializationException", "The request body is not valid JSON: %v", err)
		}
	}
	if _, ok := doc.(map[string]any); !ok {
		return Errorf("SerializationException", "The request body is no JSON object")
	}
	return s.fromJSON(doc, member{}, sh, in, "")
}

// fromJSON sets v from a document. The shape is the member's, which the caller knows.
func (s *Service) fromJSON(doc any, m member, sh *shape, v reflect.Value, path string) error {
	if v.Kind() == reflect.Pointer && v.Type() != timeType {
		v.Set(reflect.New(v.Type().Elem()))
		return s.fromJSON(doc, m, sh, v.Elem(), path)
	}
	switch doc := doc.(type) {
	case map[string]any:
		switch v.Kind() {
		case reflect.Struct:
			return s.structFromJSON(doc, sh, v, path)
		case reflect.Map:
			return s.mapFromJSON(doc, sh, v, path)
		}
	case []any:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), len(doc), len(doc)))
			for i, item := range doc {
				at := fmt.Sprintf("%s.%d", path, i+1)
				if err := s.fromJSON(item, sh.element, s.table.shape(sh.element.shape), v.Index(i), at); err != nil {
					return err
				}
			}
			return nil
		}
	default:
		if err := scalarFromJSON(doc, v); err == nil {
			return nil
		}
	}
	return s.invalid(path, fmt.Sprint(doc), errors.New("not of the member's type"))
}

// structFromJSON refuses unknown members: those of a newer client would otherwise be ignored silently.
func (s *Service) structFromJSON(doc map[string]any, sh *shape, v reflect.Value, path string) error {
	known := map[string]bool{}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.PkgPath != "" || field.Anonymous || field.Name == "ResultMetadata" {
			continue
		}
		m := sh.member(field.Name, s.protocol)
		if m.location != "" {
			continue
		}
		name := m.xmlName()
		known[name] = true
		value, ok := doc[name]
		if !ok || value == nil {
			if m.required && !s.checksAll() {
				return s.missing(join(path, name))
			}
			continue
		}
		if err := s.fromJSON(value, m, s.table.shape(m.shape), v.Field(i), join(path, name)); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		if !known[name] {
			return Errorf("ValidationException", "The member %s is not known to this cloud", join(path, name))
		}
	}
	return nil
}

func (s *Service) mapFromJSON(doc map[string]any, sh *shape, v reflect.Value, path string) error {
	v.Set(reflect.MakeMap(v.Type()))
	for name, value := range doc {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := s.fromJSON(value, sh.element, s.table.shape(sh.element.shape), item, join(path, name)); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), item)
	}
	return nil
}

// scalarFromJSON accepts only the JSON type that the member's Go type asks for.
func scalarFromJSON(doc any, v reflect.Value) error {
	want, text := "string", ""
	switch {
	case v.Type() == timeType:
		want = "number" // epoch seconds
	case v.Kind() == reflect.Bool:
		want = "bool"
	case v.CanInt() || v.CanFloat():
		want = "number"
	}
	got := ""
	switch doc := doc.(type) {
	case string:
		got, text = "string", doc
	case bool:
		got, text = "bool", fmt.Sprint(doc)
	case json.Number:
		got, text = "number", doc.String()
	}
	if got != want {
		return fmt.Errorf("%T is no %s", doc, want)
	}
	return setScalar(v, text)
}

// toJSON makes a value for encoding/json from an output. Members that are not set are left out.
func (s *Service) toJSON(sh *shape, v reflect.Value) any {
	if v.Type() == timeType {
		return json.Number(fmt.Sprintf("%.3f", float64(v.Interface().(*time.Time).UnixMilli())/1000))
	}
	switch v.Kind() {
	case reflect.Pointer:
		return s.toJSON(sh, v.Elem())
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return json.Number(double(f, v.Type().Bits()))
		}
		return double(v.Float(), v.Type().Bits()) // what no JSON number says is a string (smithy.io, "AWS JSON 1.0 protocol")
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok { // an element of a list of times
			return s.toJSON(sh, reflect.ValueOf(&t))
		}
		doc := map[string]any{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if field.PkgPath != "" || field.Anonymous || field.Name == "ResultMetadata" || unset(v.Field(i)) {
				continue
			}
			m := sh.member(field.Name, s.protocol)
			doc[m.xmlName()] = s.toJSON(s.table.shape(m.shape), v.Field(i))
		}
		return doc
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return base64.StdEncoding.EncodeToString(v.Bytes())
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = s.toJSON(s.table.shape(sh.element.shape), v.Index(i))
		}
		return list
	case reflect.Map:
		doc := map[string]any{}
		for _, k := range v.MapKeys() {
			doc[k.String()] = s.toJSON(s.table.shape(sh.element.shape), v.MapIndex(k))
		}
		return doc
	}
	return v.Interface()
}
