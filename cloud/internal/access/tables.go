package access

import (
	"embed"
	"strings"
	"sync"
)

//go:embed tables/*.txt
var tables embed.FS

// subject is one kind of resource that an action is about.
type subject struct {
	kind string
	// always tells that every call is about one; made that the call makes or tags it; tagged that it has tags by then.
	always, made, tagged bool
}

// new tells that the call makes it, so that it has no id yet.
func (s subject) new() bool { return s.made && !s.tagged }

// subjectsOf reads a service's table once.
func subjectsOf(service string) func(action string) []subject {
	all := sync.OnceValue(func() map[string][]subject {
		text, err := tables.ReadFile("tables/" + service + ".txt")
		if err != nil {
			panic(err) // it is embedded
		}
		read := map[string][]subject{}
		for line := range strings.Lines(string(text)) {
			words := strings.Fields(line)
			if len(words) == 0 || words[0] == "#" {
				continue
			}
			for _, w := range words[1:] {
				kind := strings.TrimRight(w, "*+=")
				marks := w[len(kind):]
				read[words[0]] = append(read[words[0]], subject{
					kind, strings.Contains(marks, "*"), strings.Contains(marks, "+"), strings.Contains(marks, "="),
				})
			}
		}
		return read
	})
	return func(action string) []subject { return all()[action] }
}

var (
	ec2Subjects     = subjectsOf("ec2")
	route53Subjects = subjectsOf("route53")
	iamSubjects     = subjectsOf("iam")
)
