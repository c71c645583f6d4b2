package wire

import (
	"encoding/base64"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"reflect"
	"strconv"
	"time"
)

// maker makes random values of the SDK's types, along the shapes of a service's table.
type maker struct {
	*rand.Rand
	s     *Service
	input bool
	// full sets every member, for clients that know more members as required than the table does.
	full bool
	// known leaves out members that the table does not have.
	known bool
}

func newMaker(seed uint64, s *Service, op string, input bool) *maker {
	h := fnv.New64a()
	h.Write([]byte(s.SigningName + op + strconv.FormatBool(input)))
	return &maker{Rand: rand.New(rand.NewPCG(seed, h.Sum64())), s: s, input: input}
}

const judgeDepth = 6

// share is how many of a structure's members are set, by its depth: the deep ones are many.
func (g *maker) share(depth int) float64 {
	switch {
	case depth >= judgeDepth:
		return 0
	case g.full:
		return 1
	}
	return []float64{0.8, 0.6, 0.4, 0.3, 0.2, 0.1}[depth]
}

func (g *maker) structure(v reflect.Value, sh *shape, depth int) {
	var left []int
	set := 0
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.PkgPath != "" || field.Anonymous || field.Name == "ResultMetadata" {
			continue
		}
		m := sh.member(field.Name, g.s.protocol)
		_, told := sh.members[field.Name]
		if newerList(g.s, sh, field) {
			leftOut[g.s.SigningName+" "+v.Type().Name()+"."+field.Name] = true
		}
		if g.known && !told || newerList(g.s, sh, field) || !g.sayable(field.Type, m.shape, 4) {
			continue
		}
		if !m.required && g.Float64() >= g.share(depth) {
			left = append(left, i)
			continue
		}
		g.value(v.Field(i), m, depth+1)
		set++
	}
	// A query request cannot say that a structure is there and empty.
	if set == 0 && depth > 0 && len(left) > 0 {
		i := left[g.IntN(len(left))]
		g.value(v.Field(i), sh.member(v.Type().Field(i).Name, g.s.protocol), depth+1)
	}
}

// leftOut are the lists that no judge looks at, by type and member.
var leftOut = map[string]bool{}

// newerList tells lists that the models do not have, of the services with numbered lists: their elements' names do not
// follow from the types (CloudWatch's CBOR has no such names). EC2's are refused when read and an error when written.
func newerList(s *Service, sh *shape, field reflect.StructField) bool {
	_, told := sh.members[field.Name]
	if told || !list(field.Type) {
		return false
	}
	return s.protocol == ec2Query || s.protocol == awsQuery && s != CloudWatch
}

// sayable tells whether a type has more than lists without names: as a structure without members it is nothing.
func (g *maker) sayable(t reflect.Type, shape string, depth int) bool {
	sh := g.s.table.shape(shape)
	switch {
	case t.Kind() == reflect.Pointer && t != timeType:
		return g.sayable(t.Elem(), shape, depth)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return g.sayable(t.Elem(), sh.element.shape, depth)
	case t.Kind() != reflect.Struct || t == timeType.Elem() || depth == 0:
		return t.Kind() != reflect.Interface
	}
	for i := range t.NumField() {
		field := t.Field(i)
		if field.IsExported() && !newerList(g.s, sh, field) && g.sayable(field.Type, sh.members[field.Name].shape, depth-1) {
			return true
		}
	}
	return t.NumField() == 1 && !g.input // nothing but what the SDK's generator puts into each
}

func (g *maker) value(v reflect.Value, m member, depth int) {
	sh := g.s.table.shape(m.shape)
	if v.Type() == timeType.Elem() {
		v.Set(reflect.ValueOf(g.time(sh)))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		g.value(v.Elem(), m, depth)
	case reflect.Struct:
		g.structure(v, sh, depth)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{byte(g.Uint32()), 0, 255, '<'})
			return
		}
		n := 1 + g.IntN(2)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			g.value(v.Index(i), member{shape: sh.element.shape, location: m.location}, depth)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + g.IntN(2) {
			item := reflect.New(v.Type().Elem()).Elem()
			g.value(item, sh.element, depth)
			v.SetMapIndex(reflect.ValueOf("key "+strconv.Itoa(g.IntN(100))).Convert(v.Type().Key()), item)
		}
	case reflect.String:
		v.SetString(g.text(v, m))
	case reflect.Bool:
		v.SetBool(g.IntN(2) == 0)
	case reflect.Int32, reflect.Int64:
		g.integer(v)
	case reflect.Float32, reflect.Float64:
		floats := []float64{0, 41, -1.5, 0.25, 123456.75, 1 << 24, 1 << 62, 1.0 / (1 << 20)}
		v.SetFloat(floats[g.IntN(len(floats))])
	}
}

func (g *maker) integer(v reflect.Value) {
	choice := []int64{0, 1, -1, 23, 24, -24, -25, 255, 256, -256, -257, 65536, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64}
	i := choice[g.IntN(len(choice))]
	if v.OverflowInt(i) {
		i = int64(int32(i))
	}
	v.SetInt(i)
}

// text makes a word of an enum, or a text that a careless codec would spoil.
func (g *maker) text(v reflect.Value, m member) string {
	if values := v.MethodByName("Values"); values.IsValid() {
		words := values.Call(nil)[0]
		return words.Index(g.IntN(words.Len())).String()
	}
	texts := []string{"a", "Ünï 漢字 🙂", `<&> "quoted" 'it'`, " space in front and behind ", "1", "true", "a+b%20c/d?e=f&g", "line\nline\ttab", "]]>", ""}
	switch {
	case m.name == "SourceRegion": // the client looks at it
		return "us-west-2"
	case m.location == "uri":
		return "Z" + strconv.Itoa(g.IntN(1e6))
	case m.location != "":
		return texts[0] + strconv.Itoa(g.IntN(1e6))
	}
	return texts[g.IntN(len(texts))]
}

// time is whole to the millisecond, which is the finest that AWS writes, or to the second.
func (g *maker) time(sh *shape) time.Time {
	t := time.UnixMilli(1_500_000_000_000 + g.Int64N(500_000_000_000)).UTC()
	if sh.format != "" && sh.format != "iso8601" || g.IntN(2) == 0 {
		t = t.Truncate(time.Second)
	}
	return t
}

// plain makes of a value what JSON can say, with the members' names as the model has them. Members that the
// model has not are left out.
func plain(s *Service, v reflect.Value, m member) any {
	sh := s.table.shape(m.shape)
	if t, ok := v.Interface().(time.Time); ok {
		return t.UnixMilli()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return plain(s, v.Elem(), m)
	case reflect.Struct:
		doc := map[string]any{}
		for name, m := range sh.members {
			if field := v.FieldByName(name); field.IsValid() && !unset(field) {
				doc[m.name] = plain(s, field, m)
			}
		}
		return doc
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return base64.StdEncoding.EncodeToString(v.Bytes())
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(s, v.Index(i), sh.element)
		}
		return list
	case reflect.Map:
		doc := map[string]any{}
		for _, k := range v.MapKeys() {
			doc[k.String()] = plain(s, v.MapIndex(k), sh.element)
		}
		return doc
	}
	return v.Interface()
}
