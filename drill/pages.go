package drill

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Pages makes the load balancer answer with 500 where users ask for their page, and nowhere else: a service that does not serve, and that looks
// well to whoever asks it for something else. It shows whether the health check asks for what users need.
type Pages struct {
	Respond
	Page string // the path; only to break
}

var (
	_ Fault  = Pages{}
	_ noting = Pages{}
)

// Kind implements Fault.
func (Pages) Kind() string { return "pages" }

// Notes implements noting.
func (f Pages) Notes() []string {
	return []string{fmt.Sprintf("the load balancer answered requests for %s with 500, and no others: a health check that asks for another page cannot "+
		"detect it", f.Page)}
}

// longestPattern is how long a path's pattern may be (PathPatternConditionConfig in the Elastic Load Balancing API Reference).
const longestPattern = 128

// Prepare implements Fault. It refuses a path that a rule does not take by its letters.
func (f Pages) Prepare(ctx context.Context) (json.RawMessage, error) {
	switch {
	case isNetwork(f.Parts.Balancer):
		return nil, fmt.Errorf("pages: a network load balancer knows no pages; `targets` has none of its ports answer")
	case !strings.HasPrefix(f.Page, "/") || len(f.Page) > longestPattern || strings.ContainsAny(f.Page, "*?"):
		return nil, fmt.Errorf("pages: a rule cannot tell %q from other paths: it takes up to %d characters, of which * and ? stand for others",
			f.Page, longestPattern)
	}
	return f.Respond.Prepare(ctx)
}

// Break implements Fault.
func (f Pages) Break(ctx context.Context, undo json.RawMessage) error {
	u, err := respondingOf(undo)
	if err != nil {
		return err
	}
	return f.answer(ctx, u, f.Page)
}
