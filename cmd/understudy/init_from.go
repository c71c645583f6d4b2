package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/discover"
)

// placeholderRun is what stands for a service that could not be read from what is there.
const placeholderRun = "echo 'start the service here' > /dev/console\n"

// describe makes the declaration of what stands behind a record. Flags that were given go before it. A value that no declaration may have
// is left out, and told with what no key says.
func (t *target) describe(c *cobra.Command, from string, given []string) (text string, err error) {
	home, open, err := t.anywhere(c.Context())
	if err != nil {
		return "", err
	}
	found, err := discover.Find(c.Context(), from, home, open)
	if err != nil {
		return "", fmt.Errorf("init: %w", err)
	}
	if err := found.Describe(c.Context(), home); err != nil {
		return "", fmt.Errorf("init: %w", err)
	}
	d, err := found.Declare()
	if err != nil {
		return "", fmt.Errorf("init: %w", err)
	}
	_, own := d.Values["name"] // others have no name for it
	if !own {
		d.Values["name"] = stackName(found.Tree.Host, found.Zone.Name)
	}
	for i, a := range asked {
		if c.Flags().Changed(a.flag) {
			d.Values[a.key] = given[i]
		}
	}
	if d.Values["image.run"] == nil {
		d.Values["image.run"] = placeholderRun
		if !own {
			d.Unsaid = append(d.Unsaid, "how the service is started: image.run has a placeholder")
		}
	}
	if text, err = t.sayable(d); err != nil {
		return "", err
	}
	for _, u := range d.Unsaid {
		fmt.Fprintln(c.ErrOrStderr(), "understudy: not declared:", u)
	}
	return describedHead(from, own, d.Unsaid) + text, nil
}

// sayable drafts the values, and leaves out those that a declaration cannot have.
func (t *target) sayable(d *discover.Declared) (string, error) {
	for {
		text, err := understudy.Draft(d.Values)
		if err != nil {
			return "", err
		}
		_, err = understudy.Parse(t.file, []byte(text), os.ReadFile)
		var mistakes understudy.Mistakes
		if err == nil || !errors.As(err, &mistakes) {
			return text, err
		}
		dropped := false
		for _, m := range mistakes {
			if !slices.Contains(required, m.Key) && leaveOut(d.Values, m.Key) {
				d.Unsaid = append(d.Unsaid, fmt.Sprintf("%s: found %s; allowed: %s", m.Key, m.Found, m.Allowed))
				dropped = true
				break // what stands behind it in a list has other places now
			}
		}
		if !dropped {
			return "", misuse(fmt.Errorf("init: %s", refusal(mistakes)))
		}
	}
}

// leaveOut deletes what a mistake is about: the key's value, those below it, or the one of a list that it is in. It tells whether there was any.
func leaveOut(values map[string]any, key string) bool {
	before := len(values)
	maps.DeleteFunc(values, func(path string, _ any) bool { return path == key || strings.HasPrefix(path, key+".") })
	if len(values) < before {
		return true
	}
	list, at, indexed := strings.Cut(key, "[")
	all, ok := values[list].([]map[string]any)
	n := 0
	if _, err := fmt.Sscanf(at, "%d]", &n); !indexed || !ok || err != nil || n >= len(all) {
		return false
	}
	if values[list] = slices.Delete(all, n, n+1); len(all) == 1 {
		delete(values, list)
	}
	return true
}

// required are keys without which there is no declaration.
var required = []string{"name", "domain", "regions.primary.name", "regions.primary.cidr", "regions.secondary.name", "regions.secondary.cidr", "image.run"}

// describedHead says what the declaration is of, and what it does not say.
func describedHead(from string, own bool, unsaid []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s#\n# It describes what stood behind %s when it was written", initHead, from)
	if own {
		b.WriteString(": the stack that its name has.\n")
	} else {
		b.WriteString(", and builds another such stack: nothing that is there becomes its own.\n")
	}
	if len(unsaid) > 0 {
		b.WriteString("# What it does not say:\n")
	}
	for _, u := range unsaid {
		b.WriteString("#   " + strings.ReplaceAll(u, "\n", " ") + "\n")
	}
	return b.String()
}

// stackName makes a stack's name of a record's: its first label, or the zone's.
func stackName(host, zone string) string {
	label, _, _ := strings.Cut(host, ".")
	if label == "www" || label == "app" {
		label, _, _ = strings.Cut(zone, ".")
	}
	name := strings.Trim(notOfNames.ReplaceAllString(strings.ToLower(label), "-"), "-0123456789")
	return strings.TrimRight(name[:min(len(name), 20)], "-")
}

var notOfNames = regexp.MustCompile(`[^a-z0-9]+`)
