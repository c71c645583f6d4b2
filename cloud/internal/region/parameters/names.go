package parameters

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/understudy/understudy/cloud/internal/wire"
)

// The rules of names are those of https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-parameter-name-constraints.html.
const (
	maxLevels = 15   // of a hierarchy
	maxARN    = 1011 // characters, with the name
)

var nameForm = regexp.MustCompile(`^/?[a-zA-Z0-9_.-]+(/[a-zA-Z0-9_.-]+)*$`)

// key is a name's key in the table: MyName and /MyName are the same parameter.
func key(name string) string { return withSlash(name) }

func withSlash(name string) string { return "/" + strings.TrimPrefix(name, "/") }

// trimmed is a name as the service takes it: it removes spaces at both ends.
func trimmed(name *string) string {
	if name == nil {
		return ""
	}
	return strings.TrimSpace(*name)
}

// checkNew checks the name of a parameter that is to be written.
func (r *Room) checkNew(name string) error {
	if err := checkOwn(name); err != nil {
		return err
	}
	switch bare := strings.TrimPrefix(name, "/"); {
	case strings.Contains(bare, "/") && bare == name:
		return invalid("Parameter name must be a fully qualified name.")
	case hasPrefix(bare, "ssm") || !nameForm.MatchString(name):
		return invalid(`Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of ` +
			`sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_`)
	case strings.Count(bare, "/")+1 > maxLevels:
		return wire.Errorf("HierarchyLevelLimitExceededException", "A hierarchy can have a maximum of %d levels.", maxLevels)
	case len(r.arn(parameterRow{Name: name})) > maxARN:
		return invalid("The parameter name is too long: with the ARN before it, it can have at most %d characters.", maxARN)
	}
	return nil
}

// checkOwn refuses AWS's own names, which nobody may write or delete.
func checkOwn(name string) error {
	if bare := strings.TrimPrefix(name, "/"); hasPrefix(bare, "aws") {
		return wire.Errorf("AccessDeniedException", "No access to reserved parameter name: %s.", bare)
	}
	return nil
}

func hasPrefix(text, lower string) bool { return strings.HasPrefix(strings.ToLower(text), lower) }

// checkPath checks a hierarchy that is searched for.
func checkPath(path string) error {
	if path == "/" || strings.HasPrefix(path, "/") && nameForm.MatchString(strings.TrimSuffix(path, "/")) {
		return nil
	}
	return invalid(`The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". ` +
		`It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: ` +
		`. (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the ` +
		`forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.`)
}

// under tells whether a parameter is in a hierarchy: right below it, or at any level where recursive.
func under(name, path string, recursive bool) bool {
	rest, ok := strings.CutPrefix(withSlash(name), strings.TrimSuffix(path, "/")+"/")
	return ok && (recursive || !strings.Contains(rest, "/"))
}

// reference is what a request names a parameter by: its name or ARN, and perhaps a version or a label.
type reference struct{ name, selector string }

// parse reads NAME, NAME:VERSION and NAME:LABEL, where NAME may be the ARN of a parameter of this region.
func (r *Room) parse(text string) (reference, error) {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "arn:aws:ssm:"); ok {
		part := strings.SplitN(rest, ":", 3)
		if len(part) < 3 || !strings.HasPrefix(part[2], "parameter/") || part[0] != r.Region || part[1] != r.Account && part[1] != "" {
			return reference{}, notFound()
		}
		text = strings.TrimPrefix(part[2], "parameter")
	}
	name, selector, selected := strings.Cut(text, ":")
	if selected && (selector == "" || strings.Contains(selector, ":")) {
		return reference{}, invalid("Invalid parameter name. Please use correct syntax for referencing a version/label <name>:<version/label>")
	}
	if !nameForm.MatchString(name) {
		return reference{}, checkPath("") // AWS has one text for every form of name
	}
	return reference{name, selector}, nil
}

// pick finds the version that a selector names: a number, a label, or nothing for the latest.
func (p parameterRow) pick(selector string) (v versionRow, err error) {
	if selector == "" {
		return p.latest(), nil
	}
	v, ok := p.labelled(selector)
	if number, err := strconv.ParseInt(selector, 10, 64); err == nil {
		v, ok = p.version(number)
	}
	if !ok {
		return v, versionNotFound(p.Name, selector)
	}
	return v, nil
}
