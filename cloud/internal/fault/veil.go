package fault

import (
	"bytes"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"hash/fnv"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// makers begin the names of operations that make something. What they made is what their answers call by the rest of
// the operation's name: CreateSubnet's is the subnetId, CreateTargetGroup's the TargetGroupArn.
var makers = []string{"Create", "Run", "Allocate", "Copy", "Register"}

// makes is what an operation makes, without the s of a plural, or "".
func makes(operation string) string {
	for _, verb := range makers {
		if noun, ok := strings.CutPrefix(operation, verb); ok {
			return strings.TrimSuffix(noun, "s")
		}
	}
	return ""
}

// unlike are the things whose ids are not called as the things are.
var unlike = map[string][]string{
	"Addres":                {"allocationId"},
	"Instance":              {"instanceId", "reservationId"},
	"ReusableDelegationSet": {"DelegationSet"},
}

// Veil hides what was just made from all calls but the one that made it, as eventual consistency does: in a request its
// id is replaced by one that nothing has, so that the service says itself that there is no such thing, and list elements
// that have the id are taken out of answers. It works on the texts of requests and answers, whatever their protocol.
type Veil struct{ hidden []hidden }

// hidden is one thing. It stays known when it is seen, so that a retry of the call that made it does not hide it again.
type hidden struct {
	text  string // the part of its id that no other id has, or its name
	other string // what stands for it: as long where it is an id
	noun  string // of a name: what it is the name of
	until time.Time
}

// Made hides, until a time, what a successful call has made, as its request and its answer name it.
func (v *Veil) Made(operation string, request url.Values, answer []byte, until time.Time) {
	noun := makes(operation)
	if noun == "" {
		return
	}
	for _, id := range madeIDs(noun, answer) {
		v.hide(hidden{text: unique(id), other: flipped(unique(id)), until: until})
	}
	if name := request.Get(noun + "Name"); name != "" && named[noun] {
		v.hide(hidden{text: name, other: noName(name), noun: noun, until: until})
	}
}

// named are the things that calls also name by what their maker called them.
var named = map[string]bool{"AutoScalingGroup": true, "LaunchTemplate": true}

func (v *Veil) hide(h hidden) {
	same := func(o hidden) bool { return o.text == h.text && o.noun == h.noun }
	if h.text != "" && !slices.ContainsFunc(v.hidden, same) {
		v.hidden = append(v.hidden, h)
	}
}

// Hides tells whether anything is hidden at a time.
func (v *Veil) Hides(now time.Time) bool {
	return slices.ContainsFunc(v.hidden, func(h hidden) bool { return now.Before(h.until) })
}

// Lift shows everything again.
func (v *Veil) Lift() { v.hidden = nil }

// Over returns what is hidden at a time, for one call.
func (v *Veil) Over(now time.Time) Hidden {
	return slices.DeleteFunc(slices.Clone(v.hidden), func(h hidden) bool { return !now.Before(h.until) })
}

// Hidden is what one call does not see.
type Hidden []hidden

// Request replaces the ids of hidden things in a text of a request: its path, its query or its body, in any encoding
// that leaves letters and digits as they are.
func (h Hidden) Request(text string) string {
	for _, one := range h {
		if one.noun == "" {
			text = strings.ReplaceAll(text, one.text, one.other)
		}
	}
	return text
}

// Form replaces the names of hidden things in the parameters of a query API. The call that makes a thing of the name is
// left alone: AWS tells it at once that there is one.
func (h Hidden) Form(operation string, form url.Values) (changed bool) {
	for _, one := range h {
		if one.noun == "" || makes(operation) == one.noun {
			continue
		}
		for key, values := range form {
			if parameter, _, _ := strings.Cut(key, "."); parameter == one.noun+"Name" || parameter == one.noun+"Names" {
				for i := range values {
					if values[i] == one.text {
						values[i], changed = one.other, true
					}
				}
			}
		}
	}
	return changed
}

// Answer takes the hidden things out of an answer's lists and puts the true ids back. The answer of a call that makes
// something is what that call made, also at its retry: nothing is taken out.
func (h Hidden) Answer(operation string, body []byte) []byte {
	if makes(operation) == "" {
		body = h.cut(body)
	}
	for _, one := range h {
		body = bytes.ReplaceAll(body, []byte(one.other), []byte(one.text))
	}
	return body
}

// cut takes list elements that name a hidden thing out of an answer; one that cannot be read is left as it is.
func (h Hidden) cut(body []byte) []byte {
	if document, ok := readJSON(body); ok {
		return h.cutJSON(body, document)
	}
	var from []int64 // where each open element begins
	var open []string
	var texts []string // of each open element
	var out [][2]int64
	err := walk(body, func(d *xml.Decoder, before int64, t xml.Token) {
		switch t := t.(type) {
		case xml.StartElement:
			from, open, texts = append(from, before), append(open, t.Name.Local), append(texts, "")
		case xml.CharData:
			if len(texts) > 0 {
				texts[len(texts)-1] += string(t)
			}
		case xml.EndElement:
			last := len(open) - 1
			if h.names(open[last], texts[last]) {
				if element := last - 1; element > 0 && isElement(open[element-1], open[element]) {
					open[element] = cutOut
				}
			}
			if open[last] == cutOut {
				out = append(out, [2]int64{from[last], d.InputOffset()})
			}
			from, open, texts = from[:last], open[:last], texts[:last]
		}
	})
	if err != nil || len(out) == 0 {
		return body
	}
	return without(body, out)
}

// cutOut marks an open element that will be taken out; no element is called so.
const cutOut = "-"

// isElement tells whether an element is one of a list: item in EC2, member in AWS query, and in Route 53 what its parent
// is called in the plural.
func isElement(parent, name string) bool {
	return name == "item" || name == "member" || name == cutOut || parent == name+"s" || parent == strings.TrimSuffix(name, "y")+"ies"
}

// names tells whether an element's text names a hidden thing.
func (h Hidden) names(element, text string) bool {
	return slices.ContainsFunc(h, func(one hidden) bool {
		if one.noun != "" {
			return text == one.text && strings.EqualFold(element, one.noun+"Name")
		}
		return strings.Contains(text, one.text)
	})
}

// without leaves parts out of a text. A part that is within another comes before it.
func without(body []byte, parts [][2]int64) []byte {
	slices.SortFunc(parts, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	var kept []byte
	at := int64(0)
	for _, p := range parts {
		if p[0] >= at {
			kept = append(kept, body[at:p[0]]...)
		}
		at = max(at, p[1])
	}
	return append(kept, body[at:]...)
}

// walk calls f with each token of a document and where it begins.
func walk(body []byte, f func(d *xml.Decoder, before int64, t xml.Token)) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		before := d.InputOffset()
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		f(d, before, t)
	}
}

// madeIDs are the ids in an answer that are of what the operation makes.
func madeIDs(noun string, answer []byte) []string {
	if document, ok := readJSON(answer); ok {
		return madeInJSON(noun, "", document)
	}
	var ids, open []string
	text := ""
	walk(answer, func(_ *xml.Decoder, _ int64, t xml.Token) {
		switch t := t.(type) {
		case xml.StartElement:
			open, text = append(open, t.Name.Local), ""
		case xml.CharData:
			text += string(t)
		case xml.EndElement:
			last := len(open) - 1
			parent := ""
			if last > 0 {
				parent = open[last-1]
			}
			if text != "" && isID(noun, parent, open[last]) && !slices.Contains(ids, text) {
				ids = append(ids, text)
			}
			open, text = open[:last], ""
		}
	})
	return ids
}

// isID tells whether an element holds the id of a noun: securityGroup's is its groupId, a TargetGroup's the
// TargetGroupArn, and a HostedZone's the Id in HostedZone.
func isID(noun, parent, name string) bool {
	for _, also := range unlike[noun] {
		if name == also || parent == also && name == "Id" {
			return true
		}
	}
	if name == "Id" {
		return parent == noun
	}
	what, ok := strings.CutSuffix(name, "Id")
	if !ok {
		what, ok = strings.CutSuffix(name, "Arn")
	}
	if !ok || what == "" {
		return false
	}
	what = strings.TrimSuffix(strings.ToUpper(what[:1])+what[1:], "s")
	return what == noun || noun == "SecurityGroup" && what == "Group"
}

var (
	hexadecimal = regexp.MustCompile(`[0-9a-f]{16,17}$|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	capitals    = regexp.MustCompile(`[A-Z0-9]{12,}$`)
)

// unique is the part of an id that no other id has, "" where there is none. All of AWS's ids end with it.
func unique(id string) string {
	if found := hexadecimal.FindString(id); found != "" {
		return found
	}
	return capitals.FindString(id)
}

// flipped makes another id of the same form, and of that one the first again.
func flipped(id string) string {
	isHex := hexadecimal.MatchString(id)
	return strings.Map(func(c rune) rune {
		switch digit := strings.IndexRune("0123456789abcdef", c); {
		case isHex && digit >= 0:
			return rune("0123456789abcdef"[15-digit])
		case isHex:
			return c
		case c >= 'A' && c <= 'Z':
			return 'A' + 'Z' - c
		case c >= '0' && c <= '9':
			return '0' + '9' - c
		}
		return c
	}, id)
}

// noName is a name that nothing has, in place of another.
func noName(name string) string {
	h := fnv.New64a()
	h.Write([]byte(name))
	return "unseen-" + hex.EncodeToString(h.Sum(nil))
}
