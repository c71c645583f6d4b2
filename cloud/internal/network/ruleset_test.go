package network

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/nftables"
)

// manyInterfaces is a VPC of AWS's usual limits: groups of 60 rules in and out, five at each interface, and more interfaces than
// one message to the kernel can name.
func manyInterfaces(interfaces, groups int) VPC {
	subnet := netip.MustParsePrefix("10.0.0.0/16")
	spec := VPC{ID: "vpc-a", CIDR: subnet, Gateway: true, RouteTables: []RouteTable{{ID: "rtb-a"}}}
	for g := range groups {
		group := SecurityGroup{ID: fmt.Sprintf("sg-%017d", g)}
		for r := range 60 {
			rule := Rule{Protocol: "tcp", FromPort: 1000 + r, ToPort: 1000 + r, Prefixes: []netip.Prefix{subnet}}
			group.Ingress, group.Egress = append(group.Ingress, rule), append(group.Egress, rule)
		}
		spec.SecurityGroups = append(spec.SecurityGroups, group)
	}
	public := netip.MustParseAddr("198.18.0.1")
	private := netip.MustParseAddr("10.0.0.10")
	for i := range interfaces {
		n := Interface{ID: fmt.Sprintf("eni-%08d000000000", i), Address: private, Public: public, Subnet: subnet, RouteTable: "rtb-a"}
		for g := range 5 {
			n.Groups = append(n.Groups, spec.SecurityGroups[(i+g)%groups].ID)
		}
		spec.Interfaces = append(spec.Interfaces, n)
		private, public = private.Next(), public.Next()
	}
	return spec
}

func TestFilterOfManyInterfacesIsWritten(t *testing.T) {
	spec := manyInterfaces(3000, 20)
	v, err := newVPC(nil, spec)
	if err != nil {
		t.Fatal(err)
	}
	defer v.router.Close()
	defer v.rtnl.Close()
	if err := v.applyFilter(spec); err != nil {
		t.Fatal(err)
	}
	var elements []nftables.SetElement
	err = v.router.visit(func() error {
		conn, err := nftables.New()
		if err != nil {
			return err
		}
		table := &nftables.Table{Name: filterTables[v.filter], Family: nftables.TableFamilyIPv4}
		elements, err = conn.GetSetElements(&nftables.Set{Table: table, Name: "ingress-links", KeyType: nftables.TypeIFName, IsMap: true,
			DataType: nftables.TypeVerdict})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(elements) != len(spec.Interfaces) {
		t.Errorf("%d of %d links are judged", len(elements), len(spec.Interfaces))
	}
}
