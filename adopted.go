package understudy

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Adopted is a stack that others built, as `understudy adopt` describes it: resources by their ids, with the settings that are held as they
// are written. A setting that is not written is left alone.
type Adopted struct {
	Name  string   `yaml:"name"` // of the lock, by which one run at a time changes it; no resource has it
	Adopt Adoption `yaml:"adopt"`
}

// Adoption is what of a stack is held.
type Adoption struct {
	Record    string            `yaml:"record"`
	Regions   []string          `yaml:"regions"` // the primary and the secondary
	Resources []AdoptedResource `yaml:"resources"`
}

// AdoptedResource is one resource of an adopted stack.
type AdoptedResource struct {
	Region   string            `yaml:"region"`
	Kind     AdoptedKind       `yaml:"kind"`
	ID       string            `yaml:"id"` // the ARN of what has one, the name of a fleet, a record's zone, name, type and identifier
	Name     string            `yaml:"name"`
	Settings map[string]string `yaml:"settings"`
}

// AdoptedKind is a kind of resource that can be held as it stands.
type AdoptedKind string

// The kinds that can be held.
const (
	AdoptedBalancer    AdoptedKind = "load balancer"
	AdoptedCheck       AdoptedKind = "health check" // of the primary's region, where a record is too: Route 53 has none
	AdoptedFleet       AdoptedKind = "auto scaling group"
	AdoptedFilter      AdoptedKind = "security group"
	AdoptedListener    AdoptedKind = "listener"
	AdoptedRecord      AdoptedKind = "record"
	AdoptedRule        AdoptedKind = "rule"
	AdoptedTargetGroup AdoptedKind = "target group"
	AdoptedTemplate    AdoptedKind = "launch template"
)

// AdoptedKinds are all of them.
var AdoptedKinds = []AdoptedKind{AdoptedBalancer, AdoptedCheck, AdoptedFleet, AdoptedFilter, AdoptedListener, AdoptedRecord, AdoptedRule,
	AdoptedTargetGroup, AdoptedTemplate}

// AdoptedError is how Load answers for the file of an adopted stack, which is no declaration: it builds nothing.
type AdoptedError struct {
	File  string
	Stack *Adopted
}

func (e AdoptedError) Error() string {
	record := e.Stack.Adopt.Record
	return fmt.Sprintf("%s is of an adopted stack, which validate, plan, up and unlock know\nhint: parity, doctor, drill and predict take --record %s, "+
		"and `understudy init --from %s` writes a declaration, for the others and for export", e.File, record, record)
}

// Text writes the file of an adopted stack.
func (a *Adopted) Text() (string, error) {
	if wrong := a.wrong(); wrong != "" {
		return "", errors.New(wrong)
	}
	text, err := yaml.Marshal(a)
	return string(text), err
}

// Declaration is what of an adopted stack a declaration says: its name, and where it is.
func (a *Adopted) Declaration() *Declaration {
	return &Declaration{Name: a.Name, Regions: map[Side]Region{
		Primary: {Name: a.Adopt.Regions[0]}, Secondary: {Name: a.Adopt.Regions[1]},
	}}
}

// parseAdopted reads the file of an adopted stack. It returns nothing for a file that is not one.
func parseAdopted(file string, src []byte) (*Adopted, error) {
	var keys map[string]any
	if yaml.Unmarshal(src, &keys) != nil {
		return nil, nil // Parse says what is wrong
	}
	if _, adopts := keys["adopt"]; !adopts {
		return nil, nil
	}
	a := &Adopted{}
	if err := yaml.NewDecoder(bytes.NewReader(src), yaml.Strict()).Decode(a); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if wrong := a.wrong(); wrong != "" {
		return nil, fmt.Errorf("%s: %s", file, wrong)
	}
	return a, nil
}

// wrong says what is wrong with an adopted stack, or nothing.
func (a *Adopted) wrong() string {
	switch {
	case !stackName.holds(a.Name):
		return fmt.Sprintf("name: found %q; allowed: %s", a.Name, stackName.allowed)
	case a.Adopt.Record == "":
		return "adopt.record: found nothing; allowed: the record's name"
	case len(a.Adopt.Regions) != 2 || a.Adopt.Regions[0] == a.Adopt.Regions[1]:
		return fmt.Sprintf("adopt.regions: found %s; allowed: two regions", strings.Join(a.Adopt.Regions, ", "))
	}
	seen := map[string]bool{}
	for n, r := range a.Adopt.Resources {
		key := fmt.Sprintf("adopt.resources[%d]", n)
		of := fmt.Sprint(r.Region, r.Kind, r.ID)
		switch {
		case !slices.Contains(AdoptedKinds, r.Kind):
			return fmt.Sprintf("%s.kind: found %q; allowed: %v", key, r.Kind, AdoptedKinds)
		case !slices.Contains(a.Adopt.Regions, r.Region):
			return fmt.Sprintf("%s.region: found %q; allowed: one of adopt.regions", key, r.Region)
		case r.ID == "" || r.Name == "":
			return key + ": found no id or no name; allowed: both"
		case seen[of]:
			return fmt.Sprintf("%s: found %s a second time; allowed: each resource once", key, r.ID)
		}
		seen[of] = true
	}
	return ""
}
