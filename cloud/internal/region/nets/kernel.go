package nets

import "github.com/understudy/understudy/cloud/internal/network"

// KernelFabric makes a Fabric of package network's.
func KernelFabric(f kernelFabric) Fabric { return fabric{f} }

// kernelFabric is Fabric as package network implements it.
type kernelFabric interface {
	Apply(network.VPC) error
	Remove(vpcID string) error
	Interface(eniID string) (*network.Namespace, error)
	Router(vpcID string) (*network.Namespace, error)
}

// fabric gives namespaces out as interfaces, so that tests can stand in for them.
type fabric struct{ kernelFabric }

func (fabric) IPv6() error { return network.IPv6() }

func (f fabric) Interface(id string) (Namespace, error) {
	ns, err := f.kernelFabric.Interface(id)
	if err != nil {
		return nil, err
	}
	return ns, nil
}

func (f fabric) Router(id string) (Namespace, error) {
	ns, err := f.kernelFabric.Router(id)
	if err != nil {
		return nil, err
	}
	return ns, nil
}
