package balancing

import (
	"context"
	"slices"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
	"github.com/understudy/understudy/cloud/internal/wire"
)

// changeCertificates changes the certificate list of a listener that has TLS.
func (r *Room) changeCertificates(listener *string, certificates []elbtypes.Certificate, change func(*store.Tx, *listenerRow) error) error {
	if err := r.requireARN(listenerARN, "ListenerArn", listener); err != nil {
		return err
	}
	if len(certificates) != 1 { // "You can specify one certificate per call", API reference
		return invalid("Up to '1' certificate ARNs can be specified, but '%d' were specified", len(certificates))
	}
	return r.Update(func(tx *store.Tx) error {
		row, ok := r.listeners.GetTx(tx, *listener)
		if !ok {
			return missingListener()
		}
		if !row.secure() {
			return wire.Errorf("OperationNotPermitted", "Certificates are supported for HTTPS and TLS listeners only")
		}
		row.Security.More = slices.Clone(row.Security.More)
		if err := change(tx, &row); err != nil {
			return err
		}
		return r.listeners.Put(tx, row.ARN, row)
	})
}

// AddListenerCertificates adds a certificate to those that are chosen by the client's server name.
func (r *Room) AddListenerCertificates(ctx context.Context, in *elb.AddListenerCertificatesInput) (*elb.AddListenerCertificatesOutput, error) {
	if err := room.Only(in, "Certificates", "ListenerArn"); err != nil {
		return nil, err
	}
	out := &elb.AddListenerCertificatesOutput{}
	err := r.changeCertificates(in.ListenerArn, in.Certificates, func(tx *store.Tx, row *listenerRow) error {
		if err := r.checkCertificate(tx, in.Certificates[0]); err != nil {
			return err
		}
		arn := *in.Certificates[0].CertificateArn
		out.Certificates = []elbtypes.Certificate{{CertificateArn: &arn, IsDefault: new(false)}}
		if slices.Contains(row.Security.More, arn) {
			return nil
		}
		n := 0
		for _, l := range r.listenersOf(tx, row.LoadBalancer) {
			n += len(l.Security.More)
		}
		if n >= r.Quota(certificatesPerBalancer) {
			return wire.Errorf("TooManyCertificates", "You've reached the limit on the number of certificates per load balancer")
		}
		row.Security.More = append(row.Security.More, arn)
		return nil
	})
	return out, err
}

// RemoveListenerCertificates takes a certificate from those that are chosen by the client's server name.
func (r *Room) RemoveListenerCertificates(ctx context.Context, in *elb.RemoveListenerCertificatesInput) (*elb.RemoveListenerCertificatesOutput, error) {
	if err := room.Only(in, "Certificates", "ListenerArn"); err != nil {
		return nil, err
	}
	err := r.changeCertificates(in.ListenerArn, in.Certificates, func(tx *store.Tx, row *listenerRow) error {
		arn := room.Deref(in.Certificates[0].CertificateArn)
		i := slices.Index(row.Security.More, arn)
		_, known := r.certificates.Certificate(tx, arn)
		switch {
		case i >= 0:
			row.Security.More = slices.Delete(row.Security.More, i, i+1)
		case arn == row.Security.Certificate:
			return wire.Errorf("OperationNotPermitted", "Default certificate cannot be removed")
		case !known:
			return wire.Errorf("CertificateNotFound", "Certificate '%s' not found", arn)
		}
		return nil
	})
	return &elb.RemoveListenerCertificatesOutput{}, err
}

// DescribeListenerCertificates lists a listener's certificates, the default one first.
func (r *Room) DescribeListenerCertificates(
	ctx context.Context, in *elb.DescribeListenerCertificatesInput,
) (*elb.DescribeListenerCertificatesOutput, error) {
	if err := room.Only(in, "ListenerArn", "Marker", "PageSize"); err != nil {
		return nil, err
	}
	if err := r.requireARN(listenerARN, "ListenerArn", in.ListenerArn); err != nil {
		return nil, err
	}
	row, ok := r.listeners.Get(*in.ListenerArn)
	if !ok {
		return nil, missingListener()
	}
	all := []elbtypes.Certificate{}
	if row.secure() {
		all = append(all, elbtypes.Certificate{CertificateArn: new(row.Security.Certificate), IsDefault: new(true)})
	}
	for _, arn := range row.Security.More {
		all = append(all, elbtypes.Certificate{CertificateArn: new(arn), IsDefault: new(false)})
	}
	inOrder := func(c elbtypes.Certificate) string {
		if *c.IsDefault {
			return "0"
		}
		return "1" + *c.CertificateArn
	}
	all, next, err := page(all, inOrder, in.PageSize, in.Marker)
	return &elb.DescribeListenerCertificatesOutput{Certificates: room.Listed(all), NextMarker: next}, err
}
