package metrics

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Rule says when a composite alarm is in the state ALARM, by the states of other alarms
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html, AlarmRule).
type Rule struct {
	all, any []Rule
	not      *Rule
	always   bool
	state    cwtypes.StateValue // of the alarm; "" for the rules above
	alarm    string
	atLeast  *quorum
}

// quorum is how many of some alarms must be in a state, or must not.
type quorum struct {
	least   int
	percent bool // of them
	of      []Rule
}

// The bounds of a rule.
const (
	maxRule         = 10_240 // characters
	maxRuleElements = 500
	maxRuleAlarms   = 100
)

// ParseRule reads a rule. Its error says what is wrong.
func ParseRule(text string) (Rule, error) {
	if text == "" || len(text) > maxRule {
		return Rule{}, fmt.Errorf("a rule has 1 to %d characters", maxRule)
	}
	p := &ruleParser{text: text}
	r, err := p.any()
	if err == nil {
		if p.space(); p.at < len(p.text) {
			err = fmt.Errorf("%q is not expected", p.text[p.at:])
		}
	}
	if err == nil && len(r.Alarms()) > maxRuleAlarms {
		err = fmt.Errorf("a rule names %d alarms at most", maxRuleAlarms)
	}
	return r, err
}

type ruleParser struct {
	text     string
	at       int
	elements int
}

func (p *ruleParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// word takes a word or a sign if it is next.
func (p *ruleParser) word(w string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.text[p.at:], w)
	if !ok || w[0] >= 'A' && rest != "" && (rest[0] == '_' || 'A' <= rest[0] && rest[0] <= 'Z') {
		return false
	}
	p.at += len(w)
	return true
}

// several reads rules between a word.
func (p *ruleParser) several(between string, one func() (Rule, error)) ([]Rule, error) {
	var list []Rule
	for {
		r, err := one()
		if err != nil {
			return nil, err
		}
		if list = append(list, r); !p.word(between) {
			return list, nil
		}
	}
}

func (p *ruleParser) any() (r Rule, err error) {
	r.any, err = p.several("OR", p.every)
	return r, err
}

func (p *ruleParser) every() (r Rule, err error) {
	r.all, err = p.several("AND", p.one)
	return r, err
}

func (p *ruleParser) one() (r Rule, err error) {
	if p.elements++; p.elements > maxRuleElements {
		return r, fmt.Errorf("a rule has %d elements at most", maxRuleElements)
	}
	switch {
	case p.word("NOT"):
		inner, err := p.one()
		return Rule{not: &inner}, err
	case p.word("TRUE"):
		return Rule{always: true}, nil
	case p.word("FALSE"):
		return Rule{not: &Rule{always: true}}, nil
	case p.word("("):
		if r, err = p.any(); err == nil && !p.word(")") {
			err = errors.New(`")" is missing`)
		}
		return r, err
	}
	if p.word("AT_LEAST") {
		return p.atLeast()
	}
	if state := p.state(); state != "" {
		return p.of(state)
	}
	return r, fmt.Errorf("%q is no rule", p.text[p.at:])
}

// of reads the alarm that a state is of: in quotation marks, or all up to the bracket.
func (p *ruleParser) of(state cwtypes.StateValue) (Rule, error) {
	if !p.word("(") {
		return Rule{}, fmt.Errorf(`"(" is missing after %s`, state)
	}
	name, ok := p.name(")")
	if !ok || !p.word(")") {
		return Rule{}, fmt.Errorf("%s needs the name of an alarm in brackets", state)
	}
	return Rule{state: state, alarm: name}, nil
}

// name reads an alarm's name: in quotation marks, or up to one of the signs that may end it.
func (p *ruleParser) name(ends string) (string, bool) {
	p.space()
	rest := p.text[p.at:]
	quoted := strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "'")
	if quoted {
		ends, rest = rest[:1], rest[1:]
		p.at++
	}
	at := strings.IndexAny(rest, ends)
	if at < 0 {
		return "", false
	}
	if p.at += at; quoted {
		p.at++
	}
	name := strings.TrimSpace(rest[:at])
	return name, name != ""
}

func (p *ruleParser) state() cwtypes.StateValue {
	for _, state := range cwtypes.StateValue("").Values() {
		if p.word(string(state)) {
			return state
		}
	}
	return ""
}

// atLeast reads how many alarms, or how much of them in percent, must be in a state, or not in it: (M, STATE, (ALARM, ALARM, ...))
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html).
func (p *ruleParser) atLeast() (Rule, error) {
	wrong := errors.New("AT_LEAST needs a number or a percentage, a state, and names of alarms in brackets")
	if !p.word("(") {
		return Rule{}, wrong
	}
	p.space()
	digits := len(p.text[p.at:]) - len(strings.TrimLeft(p.text[p.at:], "0123456789"))
	q := &quorum{}
	q.least, _ = strconv.Atoi(p.text[p.at : p.at+digits])
	p.at += digits
	q.percent = p.word("%")
	if !p.word(",") || q.least < 1 || q.percent && q.least > 100 {
		return Rule{}, wrong
	}
	not := p.word("NOT")
	state := p.state()
	if state == "" || !p.word(",") || !p.word("(") {
		return Rule{}, wrong
	}
	for {
		if p.elements++; p.elements > maxRuleElements {
			return Rule{}, fmt.Errorf("a rule has %d elements at most", maxRuleElements)
		}
		name, ok := p.name(",)")
		if !ok {
			return Rule{}, wrong
		}
		one := Rule{state: state, alarm: name}
		if not {
			one = Rule{not: &Rule{state: state, alarm: name}}
		}
		if q.of = append(q.of, one); !p.word(",") {
			break
		}
	}
	for range 2 { // the list and the function
		if !p.word(")") {
			return Rule{}, wrong
		}
	}
	if !q.percent && q.least > len(q.of) {
		return Rule{}, wrong
	}
	return Rule{atLeast: q}, nil
}

// Alarms are the names or ARNs of the alarms that it asks for, each once.
func (r Rule) Alarms() (names []string) {
	if r.state != "" {
		return []string{r.alarm}
	}
	parts := slices.Concat(r.all, r.any)
	if r.atLeast != nil {
		parts = append(parts, r.atLeast.of...)
	}
	if r.not != nil {
		parts = append(parts, *r.not)
	}
	for _, part := range parts {
		for _, name := range part.Alarms() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Holds tells whether the composite alarm is in ALARM, by the states of other alarms.
func (r Rule) Holds(state func(alarm string) cwtypes.StateValue) bool {
	holds := func(part Rule) bool { return part.Holds(state) }
	switch {
	case r.state != "":
		return state(r.alarm) == r.state
	case r.not != nil:
		return !holds(*r.not)
	case r.atLeast != nil:
		held := 0
		for _, part := range r.atLeast.of {
			if holds(part) {
				held++
			}
		}
		if r.atLeast.percent {
			return held*100 >= r.atLeast.least*len(r.atLeast.of)
		}
		return held >= r.atLeast.least
	case r.any != nil:
		return slices.ContainsFunc(r.any, holds)
	case r.all != nil:
		return !slices.ContainsFunc(r.all, func(part Rule) bool { return !holds(part) })
	}
	return r.always
}
