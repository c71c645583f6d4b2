package wire

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// table is one service's operations and shapes, read from text, a line each with fields between tabs (a line that
// starts with a tab goes on with the one before):
//
//	op     NAME METHOD URI STATUS INPUT INPUT-ROOT OUTPUT RESULT-WRAPPER
//	struct NAME PAYLOAD MEMBER...   a member is name:shape:locationName:queryName:location:flags
//	list   NAME ELEMENT-SHAPE ELEMENT-NAME FLAGS
//	map    NAME KEY-NAME VALUE-SHAPE VALUE-NAME FLAGS
//	time   NAME FORMAT
//	scalar NAME MIN MAX PATTERN ENUM
//
// A list's line may go on with MIN and MAX, in elements; a scalar's are of its number, or of its text's length. An
// enum's words stand between bars.
//
// Flags are r for required, f for flattened, a for an XML attribute. A shape that has no line is a
// scalar that its Go type describes fully. The text is indexed once; a line is parsed when it is first used.
type table struct {
	file string

	once   sync.Once
	ops    map[string]string // name -> line
	lines  map[string]string
	shapes sync.Map // name -> *shape
	parsed sync.Map // operation name -> *operation
	plans  sync.Map // xmlKey -> *xmlPlan

	routesOnce sync.Once
	rest       []route
}

type operation struct {
	name, method, uri string
	status            int
	input, output     string
	inputRoot         string
	resultWrapper     string
}

type shape struct {
	name      string
	kind      string
	payload   string
	members   map[string]member // by Go field name
	element   member            // of a list, or a map's value
	keyName   string
	flattened bool
	format    string // of a timestamp
	limits    constraints
}

type member struct {
	name         string // as the model has it
	shape        string
	locationName string
	queryName    string
	location     string // header, headers, uri, querystring or ""
	required     bool
	flattened    bool
	attribute    bool
}

func (t *table) load() {
	t.once.Do(func() {
		b, err := tables.ReadFile("tables/" + t.file + ".txt")
		if err != nil {
			panic(err) // embedded, so it is there
		}
		// What AWS has added since those models is written by hand if its names do not follow from Go's.
		newer, err := tables.ReadFile("tables/" + t.file + "-newer.txt")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			panic(err)
		}
		b = append(b, newer...)
		t.ops, t.lines = map[string]string{}, map[string]string{}
		for line := range strings.Lines(strings.ReplaceAll(string(b), "\n\t", "\t")) {
			kind, rest, _ := strings.Cut(line, "\t")
			name, _, _ := strings.Cut(rest, "\t")
			if kind == "op" {
				t.ops[name] = strings.TrimSuffix(line, "\n")
			} else {
				t.lines[name] = strings.TrimSuffix(line, "\n")
			}
		}
	})
}

func (t *table) operations() []string {
	t.load()
	return slices.Sorted(maps.Keys(t.ops))
}

// operation returns an operation of the service, or nil.
func (t *table) operation(name string) *operation {
	if op, ok := t.parsed.Load(name); ok {
		return op.(*operation)
	}
	t.load()
	line, ok := t.ops[name]
	if !ok {
		return nil
	}
	f := strings.Split(line, "\t")
	op := &operation{name: f[1], method: f[2], uri: f[3], input: f[5], inputRoot: f[6], output: f[7], resultWrapper: f[8]}
	op.status, _ = strconv.Atoi(f[4])
	t.parsed.Store(name, op)
	return op
}

// add makes an operation that the models do not have: its members' names follow from the types alone.
func (t *table) add(name string) {
	t.load()
	t.parsed.Store(name, &operation{name: name, method: "POST", uri: "/", resultWrapper: name + "Result"})
	t.ops[name] = ""
}

// shape returns a shape, or an empty one where the table has none.
func (t *table) shape(name string) *shape {
	if s, ok := t.shapes.Load(name); ok {
		return s.(*shape)
	}
	t.load()
	s := parseShape(t.lines[name])
	t.shapes.Store(name, s)
	return s
}

func parseShape(line string) *shape {
	f := strings.Split(line, "\t")
	s := &shape{kind: f[0]}
	if len(f) > 1 {
		s.name = f[1]
	}
	switch f[0] {
	case "struct":
		s.payload = f[2]
		s.members = make(map[string]member, len(f)-3)
		for _, text := range f[3:] {
			m := parseMember(text)
			s.members[goName(m.name)] = m
		}
	case "list":
		s.element = member{shape: f[2], locationName: f[3]}
		s.flattened = f[4] == "f"
		s.limits = parseConstraints(f[5:])
	case "map":
		s.keyName = f[2]
		s.element = member{shape: f[3], locationName: f[4]}
		s.flattened = f[5] == "f"
	case "time":
		s.format = f[2]
	case "scalar":
		s.limits = parseConstraints(f[2:])
		if recorded := recordedEnums[f[1]]; recorded != nil {
			s.limits.enum = recorded
		}
	}
	return s
}

func parseMember(text string) member {
	f := strings.Split(text, ":")
	if len(f) != 6 {
		panic(fmt.Sprintf("wire: table member %q", text)) // generated, and every line is parsed by a test
	}
	return member{
		name: f[0], shape: f[1], locationName: f[2], queryName: f[3], location: f[4],
		required: strings.Contains(f[5], "r"), flattened: strings.Contains(f[5], "f"), attribute: strings.Contains(f[5], "a"),
	}
}

// member returns the table's entry for a Go field, or one that follows from its name.
func (s *shape) member(field string, p protocol) member {
	if m, ok := s.members[field]; ok {
		return m
	}
	m := member{name: field}
	if p == ec2Query {
		m.locationName, m.queryName = strings.ToLower(field[:1])+field[1:], field
	}
	return m
}

// goName is how the SDK's generator spells a member.
func goName(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// inputName is a member's name in a query request. EC2's own rule is the queryName, else the
// locationName capitalised; the other services take the locationName as it is.
func (m member) inputName(p protocol) string {
	switch {
	case p == ec2Query && m.queryName != "":
		return m.queryName
	case m.locationName != "" && p == ec2Query:
		return goName(m.locationName)
	case m.locationName != "":
		return m.locationName
	}
	return m.name
}

// xmlName is a member's element name in an XML body.
func (m member) xmlName() string {
	if m.locationName != "" {
		return m.locationName
	}
	return m.name
}
