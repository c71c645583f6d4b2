package region_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/understudy/understudy/cloud/internal/region"
	"github.com/understudy/understudy/cloud/internal/region/regiontest"
)

// A walk asks for one resource as Terraform's AWS provider does (hashicorp/terraform-provider-aws v6.58.0, internal/service/ec2):
// with the parameters that it sends by default, empty ones too, in its order, one at a time.
type walk struct {
	resource string
	// create returns the resource's id.
	create func(p *provider) string
	// read returns what the provider keeps of a resource; of one that is gone, an error, or nil and no error.
	read func(p *provider, id string) (any, error)
	// update changes it in place; nil where the provider replaces it.
	update func(p *provider, id string)
	// destroy deletes it; nil for what the provider only forgets.
	destroy func(p *provider, id string)
	// gone are the codes that the provider takes for "not found"; none where it takes an empty answer for that.
	gone []string
	// config adds what the region needs beside the usual; nil for nothing.
	config func(*testing.T, *region.Config)
	// elsewhere has the configuration use a provider of another region, too.
	elsewhere bool
}

// provider is the client of a walk, and what the configuration has beside the resource.
type provider struct {
	*regiontest.Desk
	vpc, subnet, other string           // a VPC with subnets in two zones
	west               *regiontest.Desk // the other region, for a walk that goes there
}

func (w walk) run(t *testing.T) {
	p := &provider{}
	if w.elsewhere {
		p.Desk, p.west = regiontest.Pair(t)
	} else {
		c := region.Config{Name: "us-east-1", Index: 1, DefaultVPC: true}
		if w.config != nil {
			w.config(t, &c)
		}
		p.Desk = regiontest.Open(t, c)
	}
	p.vpc, p.subnet = p.VPC("10.20.0.0/16", "10.20.1.0/24", false)
	p.other = p.subnetIn("10.20.2.0/24", "us-east-1b")
	id := w.create(p)
	state := w.refresh(p, id)
	if w.update != nil {
		w.update(p, id)
		if changed := w.refresh(p, id); cmp.Equal(state, changed, whole) {
			t.Errorf("the update shows nowhere: %+v", changed)
		}
	}
	p.Reopen()
	w.refresh(p, id)
	if w.destroy == nil {
		return
	}
	w.destroy(p, id)
	state, err := w.read(p, id)
	var fault smithy.APIError
	switch {
	case errors.As(err, &fault) && slices.Contains(w.gone, fault.ErrorCode()):
	case err != nil:
		t.Errorf("read after its deletion: %v, for which the provider forgives %v", err, w.gone)
	case state != nil:
		t.Errorf("after its deletion there is %+v", state)
	}
}

// whole compares the SDK's types, which have unexported members, too.
var whole = cmp.Exporter(func(reflect.Type) bool { return true })

// refresh reads twice: a difference between the two would be a plan that never becomes empty.
func (w walk) refresh(p *provider, id string) any {
	p.T.Helper()
	first, err := w.read(p, id)
	if err != nil || first == nil {
		p.T.Fatalf("read of %s: %v, %v", id, first, err)
	}
	second, err := w.read(p, id)
	if err != nil {
		p.T.Fatal(err)
	}
	if d := cmp.Diff(first, second, whole); d != "" {
		p.T.Errorf("another read differs (-first +second):\n%s", d)
	}
	return first
}

// there fails where an answer lacks what the provider dereferences without looking.
func there[T any](p *provider, what string, v *T) T {
	p.T.Helper()
	if v == nil {
		p.T.Fatalf("%s is nil, which the provider dereferences", what)
	}
	return *v
}

// only is the one element that the provider asks for, or nil.
func only[T any](p *provider, all []T) *T {
	p.T.Helper()
	switch len(all) {
	case 0:
		return nil
	case 1:
		return &all[0]
	}
	p.T.Fatalf("%d answers where the provider takes one", len(all))
	return nil
}

func runWalks(t *testing.T, walks []walk) {
	for _, w := range walks {
		t.Run(w.resource, w.run)
	}
}
