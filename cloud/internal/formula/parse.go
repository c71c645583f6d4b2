package formula

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// node is a part of a formula: exactly one kind of it is set.
type node struct {
	number *float64
	name   string // of a metric or of another formula
	text   string // a string, without its quotes
	word   string // REPEAT, ASC and such, where a function takes one
	call   string // of a function or operator, on args
	args   []node
}

// Formula is an expression that was read.
type Formula struct{ root node }

// Parse reads an expression of metric math. Its error says what is wrong, and where.
func Parse(text string) (*Formula, error) {
	p := &parser{text: text}
	if p.next(); p.err != nil {
		return nil, p.err
	}
	root := p.binary(0)
	if p.err == nil && p.token != "" {
		p.fail("%q is not expected", p.token)
	}
	if p.err != nil {
		return nil, p.err
	}
	f := &Formula{root}
	return f, f.known()
}

// known refuses functions that are not supported, before what else is wrong with the metrics that they are called with.
func (f *Formula) known() (err error) {
	f.root.visit(func(n node) {
		if n.call == "" || operators[n.call] != nil || err != nil {
			return
		}
		if _, ok := functions[n.call]; !ok {
			err = fmt.Errorf("the function %s is not supported here", n.call)
		}
	})
	return err
}

// Names are the metrics and formulas that it names, each once.
func (f *Formula) Names() (names []string) {
	f.root.visit(func(n node) {
		if n.name != "" && !slices.Contains(names, n.name) {
			names = append(names, n.name)
		}
	})
	return names
}

// Calls tells whether it calls a function.
func (f *Formula) Calls(function string) (yes bool) {
	f.root.visit(func(n node) { yes = yes || n.call == function })
	return yes
}

// SearchPeriod is the period of the first search in it, in seconds, 0 where it searches nothing or no period is said.
func (f *Formula) SearchPeriod() (seconds int32) {
	f.root.visit(func(n node) {
		if n.call == "SEARCH" && len(n.args) == 3 && n.args[2].number != nil && seconds == 0 {
			seconds = int32(*n.args[2].number)
		}
	})
	return seconds
}

func (n node) visit(f func(node)) {
	f(n)
	for _, part := range n.args {
		part.visit(f)
	}
}

// levels are the operators, the weakest first.
var levels = [][]string{{"OR", "||"}, {"AND", "&&"}, {"==", "!=", "<=", ">=", "<", ">"}, {"+", "-"}, {"*", "/"}}

// deepest is how far parts may be nested.
const deepest = 100

type parser struct {
	text  string
	at    int // behind the token
	token string
	depth int
	err   error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format+" at position %d", append(args, p.at-len(p.token)+1)...)
	}
	p.token = ""
}

// next reads a token: a number, a word, a string with its quotes, an operator; "" at the end.
func (p *parser) next() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	rest := p.text[p.at:]
	size := 0
	switch {
	case rest == "":
	case rest[0] == '"' || rest[0] == '\'':
		end := strings.IndexByte(rest[1:], rest[0])
		if end < 0 {
			p.fail("a string does not end")
			return
		}
		size = end + 2
	case isWord(rest[0]) || rest[0] == '.':
		for size < len(rest) && (isWord(rest[size]) || rest[size] == '.') {
			size++
		}
	case len(rest) > 1 && (rest[1] == '=' && strings.IndexByte("=!<>", rest[0]) >= 0 || rest[:2] == "&&" || rest[:2] == "||"):
		size = 2
	case strings.IndexByte("+-*/^()[],<>", rest[0]) >= 0:
		size = 1
	default:
		p.fail("%q is not expected", rest[:1])
		return
	}
	p.token = rest[:size]
	p.at += size
}

func isWord(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z'
}

// take reads a token that must be there.
func (p *parser) take(token string) {
	if p.token != token {
		p.fail("%q is missing", token)
		return
	}
	p.next()
}

func (p *parser) binary(level int) node {
	if level == len(levels) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for {
		operator := ""
		for _, o := range levels[level] {
			if p.token == o {
				operator = o
			}
		}
		if operator == "" || p.err != nil {
			return left
		}
		p.next()
		left = node{call: operator, args: []node{left, p.binary(level + 1)}}
	}
}

func (p *parser) unary() node {
	if p.depth++; p.depth > deepest {
		p.fail("parts are nested more than %d deep", deepest)
	}
	defer func() { p.depth-- }()
	if p.token == "-" {
		p.next()
		return node{call: "-", args: []node{{number: new(float64)}, p.unary()}}
	}
	base := p.primary()
	if p.token != "^" {
		return base
	}
	p.next()
	return node{call: "^", args: []node{base, p.unary()}}
}

func (p *parser) primary() node {
	token := p.token
	switch {
	case token == "":
		p.fail("something is missing")
		return node{}
	case token == "(":
		p.next()
		inner := p.binary(0)
		p.take(")")
		return inner
	case token == "[":
		p.next()
		return node{call: "[]", args: p.several("]")}
	case token[0] == '"' || token[0] == '\'':
		p.next()
		return node{text: token[1 : len(token)-1]}
	case token[0] == '.' || '0' <= token[0] && token[0] <= '9':
		n, err := strconv.ParseFloat(token, 64)
		if err != nil {
			p.fail("%q is no number", token)
		}
		p.next()
		return node{number: &n}
	case !isWord(token[0]):
		p.fail("%q is not expected", token)
		return node{}
	}
	p.next()
	switch {
	case p.token == "(":
		p.next()
		return node{call: token, args: p.several(")")}
	case 'a' <= token[0] && token[0] <= 'z':
		return node{name: token}
	}
	return node{word: token}
}

// several reads parts between commas, and the end.
func (p *parser) several(end string) (all []node) {
	if p.token == end {
		p.next()
		return nil
	}
	for {
		all = append(all, p.binary(0))
		if p.token != "," || p.err != nil {
			break
		}
		p.next()
	}
	p.take(end)
	return all
}
