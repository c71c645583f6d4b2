package zones

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	r53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
)

func makeCollection(t *testing.T, a *Room, name string) string {
	t.Helper()
	out, err := a.createCollection(t.Context(), &route53.CreateCidrCollectionInput{Name: &name, CallerReference: aws.String("r")})
	if err != nil {
		t.Fatal(err)
	}
	return *out.Collection.Id
}

func cidrs(action, location string, blocks ...string) r53types.CidrCollectionChange {
	return r53types.CidrCollectionChange{Action: r53types.CidrCollectionChangeAction(action), LocationName: &location, CidrList: blocks}
}

func (r *Room) cidrChange(t *testing.T, id string, changes ...r53types.CidrCollectionChange) error {
	t.Helper()
	_, err := r.changeCollection(t.Context(), &route53.ChangeCidrCollectionInput{Id: &id, Changes: changes})
	return err
}

func TestCIDRCollectionsAreRefused(t *testing.T) {
	a, _ := openAPI(t, t.TempDir())
	id := makeCollection(t, a, "c")
	if again := makeCollection(t, a, "c"); again != id {
		t.Errorf("the same name and reference make %s and %s", id, again)
	}
	if err := a.cidrChange(t, id, cidrs("PUT", "here", "198.51.100.0/24", "2001:db8::/48")); err != nil {
		t.Fatal(err)
	}
	_, err := a.createCollection(t.Context(), &route53.CreateCidrCollectionInput{Name: aws.String("c"), CallerReference: aws.String("other")})
	refused(t, err, "CidrCollectionAlreadyExistsException", "")
	_, err = a.createCollection(t.Context(), &route53.CreateCidrCollectionInput{Name: aws.String("a b"), CallerReference: aws.String("r")})
	refused(t, err, "InvalidInput", "")
	var many []string
	for i := range 1001 {
		many = append(many, fmt.Sprintf("10.%d.%d.0/24", i/256, i%256))
	}
	for _, c := range []struct {
		id     string
		change r53types.CidrCollectionChange
		code   string
	}{
		{"none", cidrs("PUT", "here", "203.0.113.0/24"), "NoSuchCidrCollectionException"},
		{id, cidrs("PUT", "there", "198.51.100.0/24"), "CidrBlockInUseException"},
		{id, cidrs("PUT", "*", "203.0.113.0/24"), "InvalidInput"},
		{id, cidrs("PUT", "a.b", "203.0.113.0/24"), "InvalidInput"},
		{id, cidrs("DELETE", "here", "203.0.113.0/24"), "InvalidInput"},
		{id, cidrs("PUT", "here"), "InvalidInput"},
		{id, cidrs("PUT", "here", "203.0.113.0/25"), "InvalidInput"},
		{id, cidrs("PUT", "here", "203.0.113.1/24"), "InvalidInput"},
		{id, cidrs("PUT", "here", "2001:db8::/49"), "InvalidInput"},
		{id, cidrs("PUT", "here", "nonsense"), "InvalidInput"},
		{id, cidrs("PUT", "here", many...), "InvalidInput"},
		{id, cidrs("PUT", "here", many[:1000]...), "LimitsExceeded"},
	} {
		refused(t, a.cidrChange(t, c.id, c.change), c.code, "")
	}
	_, err = a.changeCollection(
		t.Context(),
		&route53.ChangeCidrCollectionInput{Id: &id, CollectionVersion: aws.Int64(1), Changes: []r53types.CidrCollectionChange{cidrs("PUT", "x", "203.0.113.0/24")}},
	)
	refused(t, err, "CidrCollectionVersionMismatchException", "")
	for i := range maxCollections - 1 {
		makeCollection(t, a, fmt.Sprint("more", i))
	}
	_, err = a.createCollection(t.Context(), &route53.CreateCidrCollectionInput{Name: aws.String("last"), CallerReference: aws.String("r")})
	refused(t, err, "LimitsExceeded", "")
	_, err = a.listBlocks(t.Context(), &route53.ListCidrBlocksInput{CollectionId: &id, LocationName: aws.String("nowhere")})
	refused(t, err, "NoSuchCidrLocationException", "")
	_, err = a.deleteCollection(t.Context(), &route53.DeleteCidrCollectionInput{Id: &id})
	refused(t, err, "CidrCollectionInUseException", "")
}

// TestCIDRCollectionsTakeTheirCourse moves a block in one request, pages, and survives a restart.
func TestCIDRCollectionsTakeTheirCourse(t *testing.T) {
	dir := t.TempDir()
	a, _ := openAPI(t, dir)
	id := makeCollection(t, a, "c")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.cidrChange(t, id, cidrs("PUT", "one", "198.51.100.0/24", "203.0.113.0/24"), cidrs("PUT", "two", "2001:db8::/48")))
	must(a.cidrChange(t, id, cidrs("PUT", "two", "203.0.113.0/24"), cidrs("DELETE_IF_EXISTS", "one", "203.0.113.0/24", "10.0.0.0/8")))
	a.DB.Close()
	a, _ = openAPI(t, dir)
	var got string
	in := &route53.ListCidrBlocksInput{CollectionId: &id, MaxResults: aws.Int32(1)}
	for {
		out, err := a.listBlocks(t.Context(), in)
		must(err)
		for _, b := range out.CidrBlocks {
			got += *b.LocationName + "=" + *b.CidrBlock + " "
		}
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if want := "one=198.51.100.0/24 two=2001:db8::/48 two=203.0.113.0/24 "; got != want {
		t.Errorf("blocks %s, want %s", got, want)
	}
	must(a.cidrChange(t, id, cidrs("DELETE_IF_EXISTS", "one", "198.51.100.0/24"), cidrs("DELETE_IF_EXISTS", "two", "2001:db8::/48", "203.0.113.0/24")))
	out, err := a.listLocations(t.Context(), &route53.ListCidrLocationsInput{CollectionId: &id})
	must(err)
	if len(out.CidrLocations) != 0 {
		t.Errorf("empty locations: %+v", out.CidrLocations)
	}
	list, err := a.listCollections(t.Context(), &route53.ListCidrCollectionsInput{})
	must(err)
	if len(list.CidrCollections) != 1 || *list.CidrCollections[0].Version != 4 {
		t.Errorf("%+v", list.CidrCollections)
	}
	_, err = a.deleteCollection(t.Context(), &route53.DeleteCidrCollectionInput{Id: &id})
	must(err)
}

// TestAnswersFollowTheClientsNetwork routes by a collection, and has it change.
func TestAnswersFollowTheClientsNetwork(t *testing.T) {
	s := serveHere(t)
	z := s.zoneNamed(t, "example.com")
	made, err := s.client.CreateCidrCollection(t.Context(), &route53.CreateCidrCollectionInput{Name: aws.String("c"), CallerReference: aws.String("r")})
	if err != nil {
		t.Fatal(err)
	}
	id := *made.Collection.Id
	change := func(changes ...r53types.CidrCollectionChange) {
		t.Helper()
		if _, err := s.client.ChangeCidrCollection(t.Context(), &route53.ChangeCidrCollectionInput{Id: &id, Changes: changes}); err != nil {
			t.Fatal(err)
		}
	}
	by := func(location, address string) r53types.Change {
		return create(set("www.example.com", r53types.RRTypeA, []string{address}, func(r *r53types.ResourceRecordSet) {
			r.SetIdentifier, r.CidrRoutingConfig = &location, &r53types.CidrRoutingConfig{CollectionId: &id, LocationName: &location}
		}))
	}
	_, err = s.change(t, z, by("office", "198.51.100.1"))
	if err == nil {
		t.Error("a location that does not exist is taken")
	}
	change(cidrs("PUT", "office", "127.0.0.0/8"))
	if _, err := s.change(t, z, by("office", "198.51.100.1"), by("*", "198.51.100.2")); err != nil {
		t.Fatal(err)
	}
	if got := s.dig(t, "www.example.com", "A"); got != "198.51.100.1" {
		t.Errorf("in the office: %s", got)
	}
	change(cidrs("DELETE_IF_EXISTS", "office", "127.0.0.0/8"), cidrs("PUT", "office", "10.0.0.0/8"))
	if got := s.dig(t, "www.example.com", "A"); got != "198.51.100.2" {
		t.Errorf("elsewhere: %s", got)
	}
	change(cidrs("DELETE_IF_EXISTS", "office", "10.0.0.0/8"))
	_, err = s.client.DeleteCidrCollection(t.Context(), &route53.DeleteCidrCollectionInput{Id: &id})
	if err == nil {
		t.Error("a collection that records name goes")
	}
}
