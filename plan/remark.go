package plan

// Remark is something that was seen and is left alone.
type Remark struct {
	Resource string `json:"resource"`     // what it is about: primary/vpc
	ID       string `json:"id,omitempty"` // AWS's, of what is left alone
	Text     string `json:"text"`
}

// remarking is a resource that has seen something that it leaves alone. The caller fills in which resource it is.
type remarking interface{ remarks() []Remark }

// remarks lists what was seen and is left alone.
func (g *graph) remarks(found map[*node]bool) (all []Remark) {
	for _, n := range g.ordered(forward) {
		r, ok := n.resource.(remarking)
		if _, looked := found[n]; !ok || !looked {
			continue
		}
		for _, one := range r.remarks() {
			one.Resource = n.id
			all = append(all, one)
		}
	}
	return all
}
