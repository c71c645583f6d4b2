package plan

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
	"github.com/understudy/understudy/plan/blueprint"
	"github.com/understudy/understudy/plan/network"
	"github.com/understudy/understudy/plan/resource"
	"github.com/understudy/understudy/plan/resource/resourcetest"
)

// givenPrimary is a declaration whose primary stands in a network that is there.
func givenPrimary(t *testing.T) *understudy.Declaration {
	t.Helper()
	d := *resourcetest.Declared(t)
	p := d.Regions[understudy.Primary]
	tagged := func(tier string) understudy.Given { return understudy.Given{Tags: map[string]string{"Tier": tier}} }
	p.Network = &understudy.Network{VPC: understudy.Given{IDs: []string{"vpc-1"}}, Public: tagged("public"), Private: tagged("private")}
	d.Regions = map[understudy.Side]understudy.Region{understudy.Primary: p, understudy.Secondary: d.Regions[understudy.Secondary]}
	return &d
}

// What is given has nodes that only read, and nothing in its place is made, changed or deleted.
func TestAGivenNetworkIsReadAlone(t *testing.T) {
	v := takeInventory(givenPrimary(t), map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	read := 0
	for _, n := range v.graph.nodes {
		if !strings.HasPrefix(n.id, "primary/") {
			continue
		}
		switch r := n.resource.(type) {
		case *network.GivenVPC, *network.GivenSubnet:
			read++
			if removable(r) || len(r.Desired()) > 0 || r.Change(t.Context(), nil) != nil || r.Remove(t.Context()) == nil {
				t.Errorf("%s could be changed or removed", n.id)
			}
		case *network.VPC, *network.Subnet, *network.Gateway, *network.Routes, *network.NAT, *network.Address, *network.Endpoint, *neighbours:
			t.Errorf("%s is a %T", n.id, r)
		case *retired:
			switch r.Resource.(type) {
			case *network.Subnet, *network.Routes, *network.NAT, *network.Address, *network.Endpoint:
				t.Errorf("%s is what is left of a %T", n.id, r.Resource)
			}
		}
	}
	if read != 5 {
		t.Errorf("%d parts of the network are read, want the VPC and four subnets", read)
	}
}

// What the given network's blueprint shows is what finds it.
func TestAGivenNetworkIsDrawnByWhatFindsIt(t *testing.T) {
	_, b := drawing(t, givenPrimary(t))
	for id, want := range map[string]string{
		"primary/vpc": "given vpc vpc-1", "primary/subnet public-b": "given subnet tagged Tier=public",
		"primary/subnet private-a": "given subnet tagged Tier=private",
	} {
		n := slices.IndexFunc(b.Pieces, func(p blueprint.Piece) bool { return p.ID == id })
		if n < 0 {
			t.Fatalf("no %s", id)
		}
		if got := fmt.Sprint(b.Pieces[n].Kind, " ", b.Pieces[n].Content); got != want {
			t.Errorf("%s is %s, want %s", id, got, want)
		}
	}
}

// givenAnswers are those of an account with a network that is there, of which the public subnets follow its only route table.
func givenAnswers(t *testing.T, stacks string) (*understudy.Declaration, *account.Account) {
	t.Helper()
	one := func(n int, zone, tier string) string {
		return fmt.Sprintf("<item><subnetId>subnet-%d</subnetId><vpcId>vpc-1</vpcId><availabilityZone>us-east-1%s</availabilityZone>"+
			"<cidrBlock>10.9.%d.0/24</cidrBlock><availableIpAddressCount>9</availableIpAddressCount><mapPublicIpOnLaunch>true</mapPublicIpOnLaunch></item>",
			n, zone, n)
	}
	answers := func(form url.Values) string {
		switch form.Get("Action") {
		case "DescribeVpcs":
			if form.Get("Filter.1.Name") != "vpc-id" {
				return stacks
			}
			return "<vpcSet><item><vpcId>vpc-1</vpcId><cidrBlock>10.9.0.0/16</cidrBlock></item></vpcSet>"
		case "DescribeSubnets":
			switch form.Get("Filter.1.Value.1") {
			case "public":
				return "<subnetSet>" + one(2, "b", "public") + one(1, "a", "public") + "</subnetSet>"
			case "private":
				return "<subnetSet>" + one(3, "a", "private") + one(4, "b", "private") + "</subnetSet>"
			}
		case "DescribeRouteTables":
			return "<routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock>" +
				"<gatewayId>igw-1</gatewayId><state>active</state></item></routeSet><associationSet><item><main>true</main></item></associationSet></item>" +
				"</routeTableSet>"
		case "DescribeVpcAttribute":
			return "<enableDnsSupport><value>true</value></enableDnsSupport>"
		}
		return ""
	}
	return givenPrimary(t), resourcetest.AccountAnswering(t, "us-east-1", func(r *http.Request) (int, string) {
		body, _ := io.ReadAll(r.Body)
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		return http.StatusOK, "<Response>" + answers(form) + "</Response>"
	})
}

func TestGivenSubnetsAreInTheOrderOfTheirZones(t *testing.T) {
	d, a := givenAnswers(t, "")
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: a, understudy.Secondary: {}})
	r := v.regions[understudy.Primary]
	for _, n := range append([]*node{r.vpcNode}, r.subnetNodes...) {
		if there, err := n.resource.Find(t.Context()); !there || err != nil {
			t.Fatalf("%s: %v, %v", n.id, there, err)
		}
	}
	if got := strings.Join(slices.Concat(network.IDsOfSubnets(r.public()), network.IDsOfSubnets(r.private())), " "); got != "subnet-1 subnet-2 subnet-3 subnet-4" {
		t.Errorf("subnets %s", got)
	}
	said := v.graph.remarks(map[*node]bool{r.subnetNodes[2]: true, r.subnetNodes[0]: true})
	if len(said) != 1 || said[0].Text != "is given, in us-east-1a; instances in it reach 0.0.0.0/0 by igw-1" {
		t.Errorf("remarks %+v", said)
	}
	// Nine free addresses are enough for a load balancer and one of the two hosts, and ten for none.
	if err := r.vpcNode.resource.(*network.GivenVPC).Refused(); err != nil {
		t.Error(err)
	}
	more := *d
	more.Hosts.Count = 4
	lacks := strings.Join(network.Lacks(&more, r.vpcNode.resource.(*network.GivenVPC).Found, false), "\n")
	if !strings.Contains(lacks, "subnet-2 has 9 free addresses, and 10 are needed") {
		t.Error(lacks)
	}
}

// A network that was made before one is given makes place for it, as for another declared one.
func TestAMadeNetworkMakesPlaceForAGivenOne(t *testing.T) {
	d, a := givenAnswers(t, "<vpcSet><item><vpcId>vpc-old</vpcId><cidrBlock>10.10.0.0/16</cidrBlock></item></vpcSet>")
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: a, understudy.Secondary: {}})
	r := v.regions[understudy.Primary]
	if _, err := r.vpcNode.resource.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !r.vpc.Replaced() || !r.vpc.Beyond("vpc-old") || r.vpc.Beyond("vpc-1") {
		t.Fatalf("earlier networks %v", r.vpc.Before())
	}
	old := v.addLeaving(r, r.vpc.Earlier[0], "earlier ")
	if _, made := old.vpcNode.resource.(*network.VPC); !made || old.Place().Given() || len(old.private()[0].CIDR.String()) == 0 {
		t.Errorf("what leaves is a %T", old.vpcNode.resource)
	}
	// What is given up of a given network is what the stack has in it, and never the network.
	up := v.addLeaving(r, &network.VPC{Scope: r.Scope, ID: "vpc-1"}, "given up ")
	if _, given := up.vpcNode.resource.(*network.GivenVPC); !given || removable(up.vpcNode.resource) {
		t.Errorf("what is given up is a %T", up.vpcNode.resource)
	}
}

func TestAStackDoesNotMoveOutOfAGivenNetwork(t *testing.T) {
	v := takeInventory(resourcetest.Declared(t), map[understudy.Side]*account.Account{understudy.Primary: {}, understudy.Secondary: {}})
	r := v.regions[understudy.Primary]
	r.vpc.ID = "vpc-own"
	r.within.Spare = []resource.Double{{Doubling: &network.Group{Scope: r.Scope, VPC: r.vpc, ID: "sg-1", Within: "vpc-given"}, Of: "", Held: []string{"eni-1"}}}
	if err := v.refuseMoved(); err == nil || !strings.Contains(err.Error(), "the stack stands in vpc-given, which is not its own") {
		t.Error(err)
	}
	r.vpc.Spare = []resource.Double{{Doubling: &network.VPC{Scope: r.Scope, ID: "vpc-given"}, Of: "vpc-own", Held: nil}}
	if err := v.refuseMoved(); err != nil {
		t.Errorf("a double of the stack's own network: %v", err)
	}
}

func TestNetworksOfTwoRegionsAreApart(t *testing.T) {
	d, a := givenAnswers(t, "")
	v := takeInventory(d, map[understudy.Side]*account.Account{understudy.Primary: a, understudy.Secondary: {}})
	if _, err := v.regions[understudy.Primary].vpcNode.resource.Find(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := v.refuseOverlap(); err != nil {
		t.Error(err)
	}
	g := v.regions[understudy.Primary].vpcNode.resource.(*network.GivenVPC)
	g.Found.VPC.CidrBlock = aws.String(d.Regions[understudy.Secondary].CIDR.String())
	if err := v.refuseOverlap(); err == nil || !strings.Contains(err.Error(), "have to be apart") {
		t.Error(err)
	}
}
