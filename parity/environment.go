package parity

import (
	"context"

	"github.com/understudy/understudy"
)

// kindParameter is a parameter of Parameter Store that the service is started with. Somebody else makes it, and nobody reads its value.
const kindParameter = "parameter"

func (r *fetcher) readParameters(ctx context.Context) (err error) {
	if r.declared == nil || len(r.declared.Instance.Environment.Parameters()) == 0 {
		return nil
	}
	r.f.parameters, err = r.ParameterTypes(ctx, r.declared.Instance.Environment.Parameters())
	return err
}

func (c *canon) describeParameters() {
	for _, name := range sortedKeys(c.f.parameters) {
		kind := c.f.parameters[name]
		id := kindParameter + " " + name
		c.rename(kindParameter, id, name)
		put := "ssm put-parameter --name " + shell(name) + " --type " + kind + " --value file://VALUE"
		p := c.add(kindParameter, id, nil, map[string]string{"type": kind}, map[string]Command{"": {Copy: put}, "type": {Copy: put + " --overwrite"}})
		p.ID, p.Given = name, true
	}
}

// expectEnvironment adds the parameters that are declared. Of which type they are is for both regions to agree on.
func expectEnvironment(parts map[key]map[string]string, d *understudy.Declaration) {
	for _, name := range d.Instance.Environment.Parameters() {
		parts[key{kindParameter, name}] = map[string]string{}
	}
}
