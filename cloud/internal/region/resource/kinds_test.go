package resource

import (
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

func TestUnlistedKindMakesNoID(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an id of a kind that tags would be lost for")
		}
	}()
	(&Kind[int]{Prefix: "nat"}).NewID()
}

// A kind that is there only in part, or twice, is a fault that nobody would notice until a tag is lost.
func TestIncompleteKindIsNoticed(t *testing.T) {
	missing := func(id string) error { return wire.Errorf("InvalidNatGatewayID.NotFound", "%s", id) }
	exists := func(int, *store.Tx, string) bool { return false }
	for what, kinds := range map[string]Kinds[int]{
		"no name in tags": {{Prefix: "nat", Missing: missing, Exists: exists}},
		"no error":        {{Prefix: "nat", Tagged: ec2types.ResourceTypeNatgateway, Exists: exists}},
		"not looked for":  {{Prefix: "nat", Tagged: ec2types.ResourceTypeNatgateway, Missing: missing}},
		"twice":           {{Prefix: "nat"}, {Prefix: "nat"}},
		"another's in tags": {
			{Prefix: "nat", Tagged: ec2types.ResourceTypeNatgateway, Missing: missing, Exists: exists},
			{Prefix: "igw", Tagged: ec2types.ResourceTypeNatgateway, Missing: missing, Exists: exists},
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: nobody noticed", what)
				}
			}()
			Enter(&Registry{}, 0, kinds)
		}()
	}
}

func TestIDIsOfItsKind(t *testing.T) {
	base, _ := roomtest.Open(t, t.TempDir(), 1)
	g, err := Load(base)
	if err != nil {
		t.Fatal(err)
	}
	var kinds Kinds[int]
	rows := map[string]bool{}
	// One prefix begins with another one and its dash.
	for prefix, tagged := range map[string]ec2types.ResourceType{"eni": ec2types.ResourceTypeNetworkInterface, "eni-attach": ""} {
		k := Kind[int]{Prefix: prefix, Tagged: tagged}
		if tagged != "" {
			k.Missing = func(id string) error { return wire.Errorf("InvalidNetworkInterfaceID.NotFound", "%s", id) }
			k.Exists = func(_ int, _ *store.Tx, id string) bool { return rows[id] }
		}
		kinds.Add(k)
	}
	Enter(g, 0, kinds)
	for _, k := range kinds {
		id := k.NewID()
		if got, ok := g.kindOf(id); !ok || got.prefix != k.Prefix || !WellFormed(k.Prefix+"-", id) {
			t.Errorf("%s is taken for %q", id, got.prefix)
		}
		code := "InvalidNetworkInterfaceID.NotFound"
		if k.Tagged == "" {
			code = "InvalidID"
		}
		roomtest.WantCode(t, g.MustExist(nil, id), code)
		rows[id] = k.Tagged != ""
		if err := g.MustExist(nil, id); (err == nil) != (k.Tagged != "") {
			t.Errorf("%s: %v", id, err)
		}
	}
}
