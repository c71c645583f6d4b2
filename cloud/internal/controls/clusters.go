package controls

import (
	"context"
	"maps"

	config "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig"
	configtypes "github.com/aws/aws-sdk-go-v2/service/route53recoverycontrolconfig/types"

	"github.com/understudy/understudy/cloud/internal/room"
	"github.com/understudy/understudy/cloud/internal/store"
)

// maxClusters is a quota, as those of what clusters have are (developer guide, "Quotas for routing control").
const maxClusters = 2

// endpointRegions are where a cluster's endpoints are.
var endpointRegions = []string{"us-east-1", "eu-west-1", "us-west-2", "ap-northeast-1", "ap-southeast-2"}

// A new resource is PENDING in the answer that creates it, and DEPLOYED in every later one.

func (r *Room) showCluster(row clusterRow, status configtypes.Status) *configtypes.Cluster {
	out := &configtypes.Cluster{ClusterArn: &row.ARN, Name: &row.Name, Status: status, Owner: &r.Account, NetworkType: configtypes.NetworkTypeIpv4}
	for _, region := range endpointRegions {
		out.ClusterEndpoints = append(out.ClusterEndpoints, configtypes.ClusterEndpoint{Endpoint: new(r.cfg.Endpoint + "/v1"), Region: new(region)})
	}
	return out
}

func (r *Room) createCluster(_ context.Context, in *config.CreateClusterInput) (*config.CreateClusterOutput, error) {
	if err := only(in, "ClientToken", "ClusterName", "Tags", "NetworkType"); err != nil {
		return nil, err
	}
	if in.NetworkType != "" && in.NetworkType != configtypes.NetworkTypeIpv4 {
		return nil, invalid("The value %s of NetworkType is not supported by this cloud, whose endpoints are IPv4.", in.NetworkType)
	}
	name, err := named("ClusterName", in.ClusterName)
	if err != nil {
		return nil, err
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	row, err := once(r, "CreateCluster", in, r.clusters, func(tx *store.Tx) (clusterRow, error) {
		row := clusterRow{ARN: r.arn("cluster/" + room.NewUUID()), Name: name, Tags: maps.Clone(in.Tags)}
		if len(r.clusters.AllTx(tx)) >= maxClusters {
			return row, exceeded("clusters", maxClusters)
		}
		panel := panelRow{ARN: r.arn("controlpanel/" + room.NewSerial(32)), Cluster: row.ARN, Name: defaultPanel, Default: true}
		return row, r.panels.put(tx, panel)
	})
	if err != nil {
		return nil, err
	}
	return &config.CreateClusterOutput{Cluster: r.showCluster(row, configtypes.StatusPending)}, nil
}

func (r *Room) describeCluster(_ context.Context, in *config.DescribeClusterInput) (*config.DescribeClusterOutput, error) {
	row, err := r.clusters.find(nil, in.ClusterArn)
	if err != nil {
		return nil, err
	}
	return &config.DescribeClusterOutput{Cluster: r.showCluster(row, configtypes.StatusDeployed)}, nil
}

func (r *Room) listClusters(_ context.Context, in *config.ListClustersInput) (*config.ListClustersOutput, error) {
	rows, next, err := r.clusters.page(r.clusters.All(), in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &config.ListClustersOutput{Clusters: []configtypes.Cluster{}, NextToken: next}
	for _, row := range rows {
		out.Clusters = append(out.Clusters, *r.showCluster(row, configtypes.StatusDeployed))
	}
	return out, nil
}

// deleteCluster also deletes the default control panel. Other panels and routing controls must be deleted before.
func (r *Room) deleteCluster(_ context.Context, in *config.DeleteClusterInput) (*config.DeleteClusterOutput, error) {
	return &config.DeleteClusterOutput{}, remove(r, r.clusters, in.ClusterArn, func(tx *store.Tx, row clusterRow) error {
		for _, p := range r.panels.in(tx, row.ARN) {
			if !p.Default {
				return conflict(kindCluster, row.ARN, "The cluster has the control panel %s.", p.ARN)
			}
			if err := r.emptyPanel(tx, p); err != nil {
				return err
			}
			if err := r.panels.Delete(tx, p.ARN); err != nil {
				return err
			}
		}
		return nil
	})
}
