package balancing

import (
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/understudy/understudy/cloud/internal/room/roomtest"
)

func TestThereAreNoTrustStores(t *testing.T) {
	s := newSite(t)
	client, ctx := s.client(), t.Context()
	if all := roomtest.Must(client.DescribeTrustStores(ctx, &elb.DescribeTrustStoresInput{}))(t).TrustStores; all == nil || len(all) > 0 {
		t.Errorf("%v", all)
	}
	for _, in := range []*elb.DescribeTrustStoresInput{
		{Names: []string{"a"}}, {TrustStoreArns: []string{"arn:aws:elasticloadbalancing:us-east-1:1:truststore/a/b"}},
	} {
		_, err := client.DescribeTrustStores(ctx, in)
		wantRefusal(t, "unknown trust stores", err, "TrustStoreNotFound", "not found")
	}
}
