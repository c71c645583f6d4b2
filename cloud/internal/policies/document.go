package policies

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/understudy/understudy/cloud/internal/records"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// Document is a traffic policy's definition (API reference, api-policies-traffic-policy-document-format).
type Document struct {
	AWSPolicyFormatVersion string
	RecordType             r53types.RRType
	StartEndpoint          string
	StartRule              string
	Endpoints              map[string]endpoint
	Rules                  map[string]rule
}

type endpoint struct {
	Type, Region, Value string
}

// rule has the members of its kind: Primary and Secondary, or what is called Locations, Regions,
// GeoproximityLocations or Items.
type rule struct {
	RuleType              string
	Primary, Secondary    *branch
	Locations             []branch
	Regions               []branch
	GeoproximityLocations []branch
	Items                 []branch
}

// branch is one branch of a rule, with the members of every kind of rule.
type branch struct {
	EndpointReference, RuleReference string
	EvaluateTargetHealth             scalar
	HealthCheck                      string

	IsDefault                       scalar // geo
	Continent, Country, Subdivision string
	Region                          string // latency, and geoproximity of 2015-10-01
	Latitude, Longitude             scalar // geoproximity of 2015-10-01
	Location                        *location
	Bias                            scalar
	Weight                          scalar
}

type location struct {
	Type, LocationName  string
	Latitude, Longitude scalar
}

// scalar is a JSON string, number or boolean: documents have "10" and 10, "true" and true.
type scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err == nil {
		*s = scalar(text)
		return nil
	}
	if len(b) == 0 || b[0] == '{' || b[0] == '[' {
		return fmt.Errorf("%s is neither a string, a number nor a boolean", b)
	}
	*s = scalar(b)
	return nil
}

func (s scalar) boolean() bool { return s == "true" }

// integer reads a number without a fraction; a missing one is 0.
func (s scalar) integer(least, most int) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(string(s))
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is no number from %d to %d", string(s), least, most)
	}
	return n, nil
}

// branches are the branches of a rule, in order.
func (r rule) branches() []branch {
	switch r.RuleType {
	case "failover":
		return []branch{*r.Primary, *r.Secondary}
	case "geo":
		return r.Locations
	case "latency":
		return r.Regions
	case "geoproximity":
		return r.GeoproximityLocations
	}
	return r.Items
}

// Parse reads a document. If Route 53's format does not allow it, the error is InvalidTrafficPolicyDocument.
func Parse(text string) (Document, error) {
	var d Document
	if text == "" || len(text) > 102400 {
		return d, wire.Errorf("InvalidTrafficPolicyDocument", "The document must have between 1 and 102400 characters.")
	}
	err := noDuplicates(json.NewDecoder(strings.NewReader(text)))
	if err == nil {
		decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
		decoder.DisallowUnknownFields()
		err = decoder.Decode(&d)
	}
	if err == nil {
		err = d.check()
	}
	if err != nil {
		return d, wire.Errorf("InvalidTrafficPolicyDocument", "The format of the traffic policy document is not valid: %v.", err)
	}
	return d, nil
}

// noDuplicates refuses a JSON text in which an object has a member twice, or which has text after its value.
func noDuplicates(d *json.Decoder) error {
	if err := walkValue(d); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("more follows after its end")
	}
	return nil
}

func walkValue(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if seen[name.(string)] {
				return fmt.Errorf("%q is there twice", name)
			}
			seen[name.(string)] = true
		}
		if err := walkValue(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// maxDepth is how many rules may follow each other: as many aliases as an answer follows.
const maxDepth = 8

// check refuses documents without a meaning.
func (d Document) check() error {
	switch {
	case d.AWSPolicyFormatVersion != "2015-10-01" && d.AWSPolicyFormatVersion != "2023-05-09":
		return fmt.Errorf("AWSPolicyFormatVersion %q is neither 2015-10-01 nor 2023-05-09", d.AWSPolicyFormatVersion)
	case !slices.Contains(d.RecordType.Values(), d.RecordType) || d.RecordType == r53types.RRTypeSoa ||
		d.RecordType == r53types.RRTypeNs || d.RecordType == r53types.RRTypeDs:
		return fmt.Errorf("RecordType %q is none that a traffic policy can have", d.RecordType)
	case (d.StartEndpoint == "") == (d.StartRule == ""):
		return fmt.Errorf("exactly one of StartEndpoint and StartRule must be there")
	}
	for id, e := range d.Endpoints {
		if err := e.check(d.RecordType); err != nil {
			return fmt.Errorf("endpoint %q: %w", id, err)
		}
	}
	for id, r := range d.Rules {
		if err := d.checkRule(r); err != nil {
			return fmt.Errorf("rule %q: %w", id, err)
		}
	}
	if err := d.exists(branch{EndpointReference: d.StartEndpoint, RuleReference: d.StartRule}); err != nil {
		return err
	}
	if d.StartRule == "" {
		return nil
	}
	for id := range d.Rules {
		if err := d.deep(id, 1); err != nil {
			return err
		}
	}
	return nil
}

// deep refuses rules that refer to themselves, and chains of rules longer than maxDepth.
func (d Document) deep(rule string, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("rule %q leads to itself, or more than %d rules lead to each other", rule, maxDepth)
	}
	for _, b := range d.Rules[rule].branches() {
		if b.RuleReference != "" {
			if err := d.deep(b.RuleReference, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// endpointTypes are the types of endpoints, with the suffix of their values; a plain value may end in anything.
var endpointTypes = map[string]*regexp.Regexp{
	"value":                     regexp.MustCompile(`.`),
	"cloudfront":                regexp.MustCompile(`\.cloudfront\.net\.?$`),
	"application-load-balancer": regexp.MustCompile(`\.elb\.amazonaws\.com\.?$`),
	"elastic-load-balancer":     regexp.MustCompile(`\.elb\.amazonaws\.com\.?$`),
	"network-load-balancer":     regexp.MustCompile(`\.elb\.([a-z0-9-]+\.)?amazonaws\.com\.?$`),
	"elastic-beanstalk":         regexp.MustCompile(`\.elasticbeanstalk\.com\.?$`),
	"s3-website":                regexp.MustCompile(`.`),
}

func (e endpoint) check(kind r53types.RRType) error {
	form, known := endpointTypes[e.Type]
	switch {
	case !known:
		return fmt.Errorf("type %q is unknown", e.Type)
	case (e.Region != "") != (e.Type == "s3-website"):
		return fmt.Errorf("a Region is for s3-website endpoints, which must have one")
	case e.Type == "value":
		return records.Value(kind, e.Value)
	case kind != r53types.RRTypeA && (kind != r53types.RRTypeAaaa || e.Type == "s3-website"):
		return fmt.Errorf("a %s endpoint has no records of type %s", e.Type, kind)
	case !form.MatchString(strings.ToLower(e.Value)):
		return fmt.Errorf("%q is not the name of a %s", e.Value, e.Type)
	}
	_, err := records.Name(e.Value)
	return err
}

// exists refuses a branch whose target does not exist, or which has two targets.
func (d Document) exists(b branch) error {
	_, endpoint := d.Endpoints[b.EndpointReference]
	_, rule := d.Rules[b.RuleReference]
	switch {
	case (b.EndpointReference == "") == (b.RuleReference == ""):
		return fmt.Errorf("exactly one of EndpointReference and RuleReference must be there")
	case b.EndpointReference != "" && !endpoint:
		return fmt.Errorf("there is no endpoint %q", b.EndpointReference)
	case b.RuleReference != "" && !rule:
		return fmt.Errorf("there is no rule %q", b.RuleReference)
	}
	return nil
}
