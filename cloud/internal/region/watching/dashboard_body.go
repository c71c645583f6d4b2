package watching

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
)

// flaw is what is wrong at a place of a dashboard's body, as AWS tells it.
type flaw struct {
	DataPath string `json:"dataPath"`
	Message  string `json:"message"`
}

// widgetTypes are those of https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html, and the chart
// that shows what PromQL asks for.
var widgetTypes = []string{"metric", "text", "log", "alarm", "explorer", "custom", "chart"}

// placeBounds bound where a widget is and how large, in the units of a grid that is 24 wide.
var placeBounds = []struct {
	name        string
	least, most float64
}{{"x", 0, 23}, {"y", 0, 1 << 31}, {"width", 1, 24}, {"height", 1, 1000}}

// checkBody finds what is wrong with the structure of a dashboard. Where the words are known they are AWS's: of widgets without what they show
// (github.com/aws-samples/aws-eda-slurm-cluster/issues/116). What a widget's properties say beyond that is not checked.
func checkBody(form map[string]any) (flaws []flaw) {
	add := func(path, format string, args ...any) {
		flaws = append(flaws, flaw{path, fmt.Sprintf(format, args...)})
	}
	if start, _ := form["start"].(string); start == "" && form["end"] != nil {
		add("", "Should have required property 'start'")
	}
	widgets, ok := form["widgets"].([]any)
	switch {
	case form["widgets"] == nil:
		add("", "Should have required property 'widgets'")
	case !ok:
		add("/widgets", "Should be array")
	case len(widgets) > mostWidgets:
		add("/widgets", "Should NOT have more than %d items", mostWidgets)
	}
	for n, w := range widgets {
		path := fmt.Sprintf("/widgets/%d", n)
		widget, ok := w.(map[string]any)
		if !ok {
			add(path, "Should be object")
			continue
		}
		flaws = append(flaws, checkWidget(path, widget)...)
	}
	return flaws
}

// mostWidgets is how many widgets a dashboard has at most
// (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html).
const mostWidgets = 500

func checkWidget(path string, widget map[string]any) (flaws []flaw) {
	add := func(path, format string, args ...any) {
		flaws = append(flaws, flaw{path, fmt.Sprintf(format, args...)})
	}
	for _, b := range placeBounds {
		switch v, ok := widget[b.name].(float64); {
		case widget[b.name] == nil:
		case !ok:
			add(path+"/"+b.name, "Should be integer")
		case v < b.least:
			add(path+"/"+b.name, "Should be >= %v", b.least)
		case v > b.most:
			add(path+"/"+b.name, "Should be <= %v", b.most)
		}
	}
	kind, _ := widget["type"].(string)
	properties, ok := widget["properties"].(map[string]any)
	switch {
	case widget["type"] == nil:
		add(path, "Should have required property 'type'")
	case !slices.Contains(widgetTypes, kind):
		add(path+"/type", "Should be equal to one of the allowed values")
	}
	if !ok {
		add(path, "Should have required property 'properties'")
		return flaws
	}
	path += "/properties"
	switch kind {
	case "metric":
		return append(flaws, checkMetricWidget(path, properties)...)
	case "text":
		if _, ok := properties["markdown"].(string); !ok {
			add(path, "Should have required property 'markdown'")
		}
	case "log":
		if _, ok := properties["query"].(string); !ok {
			add(path, "Should have required property 'query'")
		}
	case "alarm":
		if _, ok := properties["alarms"].([]any); !ok {
			add(path, "Should have required property 'alarms'")
		}
	}
	return flaws
}

// hexColour is the form of a metric's colour.
var hexColour = regexp.MustCompile(`^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`)

func checkMetricWidget(path string, p map[string]any) (flaws []flaw) {
	add := func(path, format string, args ...any) {
		flaws = append(flaws, flaw{path, fmt.Sprintf(format, args...)})
	}
	if p["metrics"] == nil && p["annotations"] == nil {
		add(path, "Should have required property 'metrics'")
		add(path, "The metric widget should have specified a region and a data source or an alarm annotation")
		add(path, "Should have required property 'annotations'")
		return flaws
	}
	rows, ok := p["metrics"].([]any)
	if p["metrics"] != nil && !ok {
		add(path+"/metrics", "Should be array")
	}
	for n, r := range rows {
		at := fmt.Sprintf("%s/metrics/%d", path, n)
		row, ok := r.([]any)
		if !ok {
			add(at, "Should be array")
			continue
		}
		if len(row) == 0 {
			add(at, "Should NOT have fewer than 1 items")
			continue
		}
		if rendering, ok := row[len(row)-1].(map[string]any); ok {
			if c, ok := rendering["color"].(string); ok && !hexColour.MatchString(c) {
				add(fmt.Sprintf("%s/%d/color", at, len(row)-1), "Should match pattern \"%s\"", hexColour)
			}
		}
	}
	return flaws
}

// badBody refuses a body with flaws, all of which it lists.
func badBody(flaws []flaw) error {
	var list bytes.Buffer
	out := json.NewEncoder(&list)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	if err := out.Encode(flaws); err != nil {
		return err
	}
	return badDashboard("The dashboard body is invalid, there are %d validation errors:\n%s", len(flaws), list.String())
}
