package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// xmlWriter renders an SDK type as AWS's XML. A nil member is left out; of lists, showsEmpty decides.
type xmlWriter struct {
	bytes.Buffer
	s     *Service
	op    string
	depth int
}

// xmlWriters are at rest: an answer may have some hundred kilobytes, which are not made anew for each.
var xmlWriters = sync.Pool{New: func() any { return &xmlWriter{} }}

// newXMLWriter starts an answer of an operation, or an error, which has none. Free it when the answer is sent.
func newXMLWriter(s *Service, op string) *xmlWriter {
	w := xmlWriters.Get().(*xmlWriter)
	w.Reset()
	w.s, w.op, w.depth = s, op, 0
	w.WriteString(xmlHeader)
	return w
}

// mostKept is the largest buffer, in bytes, that waits for a next answer.
const mostKept = 1 << 20

func (w *xmlWriter) free() {
	if w.Cap() <= mostKept {
		xmlWriters.Put(w)
	}
}

func (w *xmlWriter) open(name string) {
	w.WriteByte('<')
	w.WriteString(name)
	w.WriteByte('>')
}

func (w *xmlWriter) close(name string) {
	w.WriteString("</")
	w.WriteString(name)
	w.WriteByte('>')
}

func (w *xmlWriter) element(name, text string) {
	w.open(name)
	w.text(text)
	w.close(name)
}

// text writes a text, which most often has nothing to escape.
func (w *xmlWriter) text(text string) {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || strings.IndexByte(`"'&<>`, c) >= 0 {
			xml.EscapeText(w, []byte(text))
			return
		}
	}
	w.WriteString(text)
}

// structure writes the members that belong into the body.
func (w *xmlWriter) structure(sh *shape, v reflect.Value) error {
	w.depth++
	defer func() { w.depth-- }()
	fields := w.s.xmlPlan(sh, v.Type()).body
	for i := range fields {
		f := &fields[i]
		of := v.Field(f.index)
		if f.list && of.Len() == 0 && !w.showsEmpty(f, of) {
			continue
		}
		if err := w.value(f.name, &f.member, of); err != nil {
			return err
		}
	}
	return nil
}

func list(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8
}

func (w *xmlWriter) value(name string, m *member, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if v.Type() != timeType {
			return w.value(name, m, v.Elem())
		}
	case reflect.Struct:
		if v.Type() == timeType.Elem() { // an element of a list of times
			t := v.Interface().(time.Time)
			w.element(name, w.s.timestamp(m, &t))
			return nil
		}
		sh := w.s.table.shape(m.shape)
		w.openWithAttributes(name, sh, v)
		if err := w.structure(sh, v); err != nil {
			return err
		}
		w.close(name)
		return nil
	case reflect.Slice:
		if list(v.Type()) {
			return w.list(name, m, v)
		}
		if v.IsNil() {
			return nil
		}
	case reflect.Interface:
		if v.IsNil() {
			return nil // a union that is not set
		}
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		return w.mapping(name, m, v)
	case reflect.String:
		if v.Len() == 0 && v.Type() != stringType {
			return nil // an enum that is not set
		}
	}
	text, err := w.s.scalar(m, v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	w.element(name, text)
	return nil
}

func (w *xmlWriter) openWithAttributes(name string, sh *shape, v reflect.Value) {
	w.WriteByte('<')
	w.WriteString(name)
	attributes := w.s.xmlPlan(sh, v.Type()).attributes
	for i := range attributes {
		f := &attributes[i]
		if text, err := w.s.scalar(&f.member, reflect.Indirect(v.Field(f.index))); err == nil && text != "" {
			fmt.Fprintf(w, ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" %s="`, f.locationName)
			w.text(text)
			w.WriteByte('"')
		}
	}
	w.WriteByte('>')
}

func (w *xmlWriter) list(name string, m *member, v reflect.Value) error {
	sh := w.s.table.shape(m.shape)
	flat := sh.flattened || m.flattened
	item := sh.element.locationName
	switch {
	case flat:
		item = or(item, name)
	case w.s.protocol == ec2Query && sh.kind == "" && v.Len() > 0:
		return fmt.Errorf("encode %s: no model tells the name of its elements", name)
	case item == "": // EC2's, too, where the model has no name: InferenceDeviceInfoList
		item = "member"
	}
	if !flat {
		w.open(name)
		defer w.close(name)
	}
	for i := range v.Len() {
		if err := w.value(item, &sh.element, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func (w *xmlWriter) mapping(name string, m *member, v reflect.Value) error {
	sh := w.s.table.shape(m.shape)
	entry := "entry"
	if sh.flattened || m.flattened {
		entry = name
	} else {
		w.open(name)
		defer w.close(name)
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, k := range keys {
		w.open(entry)
		w.element(or(sh.keyName, "key"), k.String())
		if err := w.value(or(sh.element.locationName, "value"), &sh.element, v.MapIndex(k)); err != nil {
			return err
		}
		w.close(entry)
	}
	return nil
}

// scalar renders a bool, number, string, blob or time.
func (s *Service) scalar(m *member, v reflect.Value) (string, error) {
	if v.Type() == timeType {
		return s.timestamp(m, v.Interface().(*time.Time)), nil
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), nil
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case reflect.Int32, reflect.Int64, reflect.Int:
		return strconv.FormatInt(v.Int(), 10), nil
	case reflect.Float32, reflect.Float64:
		return double(v.Float(), v.Type().Bits()), nil
	case reflect.Slice:
		return base64.StdEncoding.EncodeToString(v.Bytes()), nil
	}
	return "", fmt.Errorf("a %s is no scalar", v.Type())
}

// double renders a number as AWS does, whose services are written in Java: 41.0, and 4.1E7 from ten million on
// (recorded from CloudWatch, November 2026; the rule is that of Java's Double.toString).
func double(f float64, bits int) string {
	switch size := math.Abs(f); {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strings.TrimSuffix(strconv.FormatFloat(f, 'f', -1, bits), "Inf"), "+") + "Infinity"
	case size != 0 && (size < 1e-3 || size >= 1e7):
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, bits), "E")
		n, _ := strconv.Atoi(exponent)
		return withPoint(mantissa) + "E" + strconv.Itoa(n)
	}
	return withPoint(strconv.FormatFloat(f, 'f', -1, bits))
}

func withPoint(number string) string {
	if strings.Contains(number, ".") {
		return number
	}
	return number + ".0"
}

// timestamp renders a time to the millisecond, which EC2 always writes; the other services leave whole seconds
// without (CloudWatch's recorded in November 2026; Auto Scaling's activities start at 17:32:07.123Z and end at 17:33:02Z).
func (s *Service) timestamp(m *member, t *time.Time) string {
	switch s.table.shape(m.shape).format {
	case "unixTimestamp":
		return strconv.FormatInt(t.Unix(), 10)
	case "rfc822":
		return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	}
	if s.protocol != ec2Query && t.UnixMilli()%1000 == 0 {
		return t.UTC().Format("2006-01-02T15:04:05Z")
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
