package drill

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/understudy/understudy/account"
)

// A network load balancer answers nothing by itself: what `targets` does there is to have its listeners listen at other ports. Nobody answers where
// users and checkers connect, and the targets stay healthy, since listeners still forward to them.

// displaced is a listener that is to listen elsewhere for a while.
type displaced struct {
	Port int32 `json:"port"` // where users connect
	Away int32 `json:"away"`
}

// firstAway is the port that the first listener is moved to, where no other is: beyond those that services use.
const firstAway = 50001

// isNetwork tells a network load balancer by its ARN (Service Authorization Reference, "Resource types defined by AWS Elastic Load Balancing V2").
func isNetwork(balancer string) bool { return strings.Contains(balancer, ":loadbalancer/net/") }

// displaces returns where each listener listens, and where it is to.
func displaces(listeners []elbtypes.Listener) map[string]displaced {
	taken := map[int32]bool{}
	for _, l := range listeners {
		taken[aws.ToInt32(l.Port)] = true
	}
	all, away := map[string]displaced{}, int32(firstAway)
	for _, l := range listeners {
		if account.IsSwitchListener(l) {
			continue // the other region's record follows it
		}
		for taken[away] {
			away++
		}
		taken[away] = true
		all[aws.ToString(l.ListenerArn)] = displaced{aws.ToInt32(l.Port), away}
	}
	return all
}

// move has the listeners listen at other ports. One that is where no drill has put it is left there, and so is one that is gone.
func (f Respond) move(ctx context.Context, all map[string]displaced, from, to func(displaced) int32) error {
	var errs []error
	for _, arn := range slices.Sorted(maps.Keys(all)) {
		out, err := f.Account.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{arn}})
		if account.IsNotFound(err) {
			continue
		}
		if err == nil && len(out.Listeners) > 0 && aws.ToInt32(out.Listeners[0].Port) == from(all[arn]) {
			_, err = f.Account.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &arn, Port: aws.Int32(to(all[arn]))})
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("move the listener %s to port %d: %w", arn, to(all[arn]), err))
		}
	}
	return errors.Join(errs...)
}

func (d displaced) port() int32 { return d.Port }
func (d displaced) away() int32 { return d.Away }
